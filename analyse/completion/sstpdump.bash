# SPDX-License-Identifier: MIT
# Completion of sstpdump for bash: its options as --help lists them, files, interfaces, and the names
# of fields and their values in display filters.

# The options, from the help: what stands at the beginning of its lines.
_sstpdump_options()
{
	sstpdump --help | grep -oE '^  (-[A-Za-z], )?--?[A-Za-z-]+' | grep -oE '\-\-?[A-Za-z-]+'
}

# The names of fields that begin with $1.
_sstpdump_fields()
{
	sstpdump -G fields | cut -f3 | grep -F -- "$1" | grep "^${1//./\\.}"
}

# What may stand at the end of a display filter: a field's name, or behind == the name of a value.
_sstpdump_filter()
{
	local word=$1 last=${1##*[!A-Za-z0-9_.-]} before field
	before=${word%"$last"}
	COMPREPLY=()
	if [[ $before =~ ([a-z0-9_.-]+)[[:space:]]*(==|!=|eq|ne)[[:space:]]*\"?$ ]]; then
		field=${BASH_REMATCH[1]}
		local IFS=$'\n' value
		for value in $(sstpdump -G values | awk -F'\t' -v f="$field" '$2 == f {print $4}'); do
			[[ ${value,,} == "${last,,}"* ]] && COMPREPLY+=("$before$value")
		done
		return
	fi
	local name
	for name in $(_sstpdump_fields "$last"); do
		COMPREPLY+=("$before$name")
	done
	compopt -o nospace 2> /dev/null
}

_sstpdump()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	case $prev in
	-r | -w | --pfx | --key | --keylog | --html)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-i)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net) any" -- "$cur")
		return
		;;
	-Y)
		_sstpdump_filter "${cur#[\"\']}"
		return
		;;
	-e)
		mapfile -t COMPREPLY < <(_sstpdump_fields "$cur")
		return
		;;
	-T)
		mapfile -t COMPREPLY < <(compgen -W "text json fields" -- "$cur")
		return
		;;
	-G)
		mapfile -t COMPREPLY < <(compgen -W "fields values" -- "$cur")
		return
		;;
	-E)
		mapfile -t COMPREPLY < <(compgen -W "header= bom= separator= aggregator= occurrence= quote= \
			escape=" -- "$cur")
		compopt -o nospace 2> /dev/null
		return
		;;
	-a)
		mapfile -t COMPREPLY < <(compgen -W "duration:" -- "$cur")
		compopt -o nospace 2> /dev/null
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(_sstpdump_options)" -- "$cur")
}

complete -F _sstpdump sstpdump
