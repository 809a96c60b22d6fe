#!/bin/sh
# What ./check installs starts no service, and leaves none to start with the machine. Speaks TAP.
set -eu
source=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$source/conf/packages.sh"
echo 1..3
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

wrong() { echo "Bail out! $1"; exit 1; }
expect() { [ "$2" = "$3" ] || wrong "$1: expected '$2', have '$3'"; }
again() { echo ssh.service enabled enabled >"$world/units"; : >"$world/told"; }

again
need_packages yes coturn >/dev/null
expect "started" no "$(cat "$world/started")"
expect "told" "disable --now coturn.service" "$(cat "$world/told")"
[ ! -e "$POLICY" ] || wrong "the policy is left"
echo "ok 1 - no service is started, nor left to start with the machine"

again
touch "$world/breaks"
! need_packages yes coturn >/dev/null 2>&1 || wrong "a failure is not told"
rm "$world/breaks"
[ ! -e "$POLICY" ] || wrong "the policy is left after a failure"
echo "ok 2 - the policy goes when the installation fails, which is told"

again
printf '#!/bin/sh\nexit 0\n' >"$POLICY" && chmod +x "$POLICY"
need_packages yes coturn >/dev/null
expect "started by a policy of the machine" yes "$(cat "$world/started")"
expect "told" "disable --now coturn.service" "$(cat "$world/told")"
[ -e "$POLICY" ] || wrong "a policy that was not ours is gone"
echo "ok 3 - a policy of the machine is left alone"
