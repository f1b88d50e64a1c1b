#!/usr/bin/env bash
# Fetches what the schema table is made from into a folder: Go sources from Debian, client libraries from npm. Installs nothing and leaves
# the machine's package lists alone. Usage: scripts/kubernetes-schema/fetch.sh <folder>   (the folder then holds 29 … 36, one per minor)
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/kubernetes-schema.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,sources.d}
: >"$work/status"
for suite in trixie sid; do
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" "$suite" >"$work/sources.d/$suite.sources"
done
cat >"$work/apt.conf" <<CONF
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources.d";
APT::Sandbox::User "root";
CONF
export APT_CONFIG="$work/apt.conf"
apt-get -qq -o APT::Update::Error-Mode=any update

go_sources() { # minor, package…
  local minor=$1 name version
  mkdir -p "$work/deb$minor" "$work/go$minor"
  for name in "${@:2}"; do
    version=$(apt-cache madison "$name" | awk -v minor="0.$minor." 'index($3, minor) == 1 { print $3; exit }')
    if [ -z "$version" ]; then
      echo "Debian has no $name of 1.$minor any more" >&2
      exit 3
    fi
    (cd "$work/deb$minor" && apt-get -qq download "$name=$version")
  done
  for name in "$work/deb$minor"/*.deb; do dpkg-deb -x "$name" "$work/go$minor"; done
  rm -rf "${folder:?}/$minor"
  mv "$work/go$minor/usr/share/gocode/src" "$folder/$minor"
}
go_sources 32 golang-k8s-api-dev golang-k8s-apimachinery-dev
go_sources 36 golang-k8s-api-dev golang-k8s-apimachinery-dev golang-k8s-apiextensions-apiserver-dev

client() { # minor, package@version
  local archive
  archive=$(cd "$work" && npm pack --silent "$2")
  mkdir -p "$folder/$1"
  tar -xzf "$work/$archive" -C "$folder/$1" --strip-components=1
}
client 29 @kubernetes/client-node@0.21.0
client 30 @kubernetes/client-node@0.22.3
client 31 cdk8s-plus-31@2.6.43
client 33 @kubernetes/client-node@1.3.0
client 34 @kubernetes/client-node@1.4.0
