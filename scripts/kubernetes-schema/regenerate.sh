#!/usr/bin/env bash
# Fetches the Go sources from Debian trixie without touching the system's package lists and regenerates the schema table.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/kubernetes-schema.XXXXXX")
mkdir -p "$work"/{lists/partial,cache/archives/partial,sources.d,deb,go}
: >"$work/status"
# The mirror that this machine's own package sources name first.
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)}
printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" >"$work/sources.d/trixie.sources"
cat >"$work/apt.conf" <<CONF
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources.d";
APT::Sandbox::User "root";
CONF
export APT_CONFIG="$work/apt.conf"
apt-get -q update
(cd "$work/deb" && apt-get -q download golang-k8s-api-dev golang-k8s-apimachinery-dev)
for package in "$work"/deb/*.deb; do dpkg -x "$package" "$work/go"; done
npx node scripts/kubernetes-schema/generate.ts "$work/go/usr/share/gocode/src"
echo "test vectors: $work/go/usr/share/gocode/src/k8s.io/api/testdata/HEAD"
