#!/bin/sh
# What ./check installs starts no service, and leaves none to start with the machine.
set -eu
. "${srcdir:-.}/conf/packages.sh"
world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
POLICY=$world/policy-rc.d
as_root() { "$@"; }

# A package manager and a service manager that have ssh, and get a TURN server with its service, as Debian's maintainer scripts do it.
cat >"$world/apt-get" <<END
#!/bin/sh
case " \$* " in *" install "*) ;; *) exit 0 ;; esac
echo coturn.service enabled enabled >>"$world/units"
started=yes
[ ! -x "$POLICY" ] || "$POLICY" coturn start || started=no
echo "\$started" >"$world/started"
[ ! -e "$world/breaks" ]
END
cat >"$world/systemctl" <<END
#!/bin/sh
case \$1 in list-unit-files) cat "$world/units" ;; *) echo "\$*" >>"$world/told" ;; esac
END
printf '#!/bin/sh\nexit 1\n' >"$world/dpkg-query"
chmod +x "$world"/apt-get "$world"/systemctl "$world"/dpkg-query
PATH=$world:$PATH

expect() { [ "$2" = "$3" ] || { echo "$1: expected '$2', have '$3'"; exit 1; }; }
again() { echo ssh.service enabled enabled >"$world/units"; : >"$world/told"; }

again
need_packages yes coturn >/dev/null
expect "started" no "$(cat "$world/started")"
expect "told" "disable --now coturn.service" "$(cat "$world/told")"
[ ! -e "$POLICY" ] || { echo "the policy is left"; exit 1; }

again
touch "$world/breaks"
! need_packages yes coturn >/dev/null 2>&1 || { echo "a failure is not told"; exit 1; }
rm "$world/breaks"
[ ! -e "$POLICY" ] || { echo "the policy is left after a failure"; exit 1; }

again
printf '#!/bin/sh\nexit 0\n' >"$POLICY" && chmod +x "$POLICY"
need_packages yes coturn >/dev/null
expect "started by a policy of the machine" yes "$(cat "$world/started")"
expect "told" "disable --now coturn.service" "$(cat "$world/told")"
[ -e "$POLICY" ] || { echo "a policy that was not ours is gone"; exit 1; }
