#!/bin/sh
# debconf 1.5.82 (Debian 12): `debconf-set-selections --checkonly` ends with 0 for a preseed file with a misspelt type
# ("d-i partman-auto/method strin raid"): it prints a warning and skips the line, as the installer will. A boolean of
# "maybe", a select without a value and a misspelt owner ("di") pass without a word; only a line of fewer than three words
# is an error.
# Expected: an exit code other than 0 for a line that will be skipped; this is the only check that the package offers.
# Why it hurts: who calls it in CI looks at the exit code. The skipped answer is a question on the console of a machine
# without anybody before it: the installation stands still in a dialog instead of failing. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq debconf=1.5.82 >/dev/null 2>&1 || { echo "cannot download debconf=1.5.82" >&2; exit 2; }
dpkg-deb -x debconf_1.5.82_all.deb .
# Its own database, so that this machine's is neither read nor written.
for name in config templates; do printf 'Name: %s\nDriver: File\nFilename: %s/%s.dat\n\n' $name "$room" $name; done > stanzas
{ printf 'Config: config\nTemplates: templates\n\n'; cat stanzas; } > debconf.conf
export DEBCONF_SYSTEMRC="$room/debconf.conf" PERL5LIB="$room/usr/share/perl5"

# says WANTED-CODE LINE: what the check says of a file with this one line.
says() {
    code=0
    printf '%s\n' "$2" | perl ./usr/bin/debconf-set-selections --checkonly > out 2>&1 || code=$?
    printf '    exit %s: %-42s %s\n' "$code" "$2" "$(cat out)"
    [ "$code" = "$1" ] || { echo "changed: the exit code was $1" >&2; exit 1; }
}

echo "debconf 1.5.82, debconf-set-selections --checkonly:"
says 0 'd-i partman-auto/method string raid'
says 0 'd-i partman-auto/method strin raid'
grep -q 'Unknown type strin, skipping line' out || { echo "changed: another message" >&2; exit 1; }
says 0 'd-i passwd/root-login boolean maybe'
says 0 'd-i netcfg/choose_interface select'
says 0 'di passwd/user-uid string 1000'
says 1 'd-i debian-installer/locale'
