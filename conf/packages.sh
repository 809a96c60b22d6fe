# What Debian 12 must have, for ./start and ./check. Sourced.
BUILD_PACKAGES="gcc libc6-dev make autoconf automake libtool pkg-config libglib2.0-dev libnice-dev libsrtp2-dev
	libssl-dev libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libjansson-dev libconfig-dev zlib1g-dev
	libbrotli-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev libargon2-dev libhiredis-dev ca-certificates"
NODE_PACKAGES="nodejs npm"
TEST_PACKAGES="ccache clang libclang-rt-14-dev clang-format-14 universal-ctags git openssl chromium firefox-esr iproute2
	iptables coturn procps fonts-dejavu-core python3-aiortc python3-websockets g++ postgresql redis-server redis-tools
	systemd nginx prometheus strace binutils debhelper dpkg-dev fakeroot lintian groff-base tshark python3-gi gir1.2-gst-plugins-bad-1.0
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-nice gstreamer1.0-libav"

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
		echo "aula: '$*' must be run as root" >&2
		return 1
	fi
}

# What is installed for tests is not for this machine to serve, neither now nor after its next start: coturn, nginx and
# PostgreSQL would. This is what maintainer scripts ask before they start anything; one that is there already is left alone.
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK="Made by aula while it installs packages; may be removed."
hold_services() {
	[ ! -e "$POLICY" ] || return 0
	printf '#!/bin/sh\n# %s\nexit 101\n' "$POLICY_MARK" | as_root tee "$POLICY" >/dev/null && as_root chmod 755 "$POLICY"
}
release_services() {
	! grep -qsF "$POLICY_MARK" "$POLICY" || as_root rm -f "$POLICY"
}
enabled_units() { systemctl list-unit-files --state=enabled --no-legend 2>/dev/null | cut -d' ' -f1; }

# without_services COMMAND...: runs it as root; no service starts, and none that it brings is enabled.
without_services() (
	before=" $(enabled_units | tr '\n' ' ')"
	trap release_services EXIT
	trap 'exit 1' HUP INT TERM
	hold_services
	as_root "$@"
	status=$?
	for unit in $(enabled_units); do
		case $before in *" $unit "*) ;; *) as_root systemctl disable --now "$unit" 2>&1 ;; esac
	done
	exit $status
)

# need_packages yes|no PACKAGE...: installs those that are missing, once, saying which.
need_packages() {
	may_install=$1
	shift
	missing=""
	for package in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	if [ "$may_install" != yes ]; then
		echo "aula: missing Debian packages:$missing" >&2
		return 1
	fi
	echo "aula: installing Debian packages:$missing"
	log=$(mktemp)
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 update >"$log" 2>&1 || true
	# shellcheck disable=SC2086
	without_services env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 install \
		--no-install-recommends $missing >>"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
	rm -f "$log"
}
