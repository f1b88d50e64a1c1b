#!/usr/bin/env bash
# Builds a kube-apiserver and kube-controller-manager from Debian's own `kubernetes` source package, for the comparison in test/oracle.
# Needs root, Debian's mirror and about ten minutes on two cores; a second run finds the programs in .oracle/bin and ends at once.
# Two libraries are newer packages of Debian: structured-merge-diff, so that server-side apply is what it is today, and reflect2, which the
# Go of today needs.
set -euo pipefail
cd "$(dirname "$0")/.."
oracle="$PWD/.oracle"
programs="kube-apiserver kube-controller-manager"

if ! command -v etcd >/dev/null || ! command -v go >/dev/null || ! command -v rsync >/dev/null || ! command -v dpkg-source >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends etcd-server golang-go rsync dpkg-dev make
fi
if [ -x "$oracle/bin/kube-apiserver" ] && [ -x "$oracle/bin/kube-controller-manager" ]; then
  exit 0
fi

# Source packages by a list of our own, so that the machine's configuration stays as it is.
mkdir -p "$oracle/sources" "$oracle/lists/partial" "$oracle/bin" "$oracle/home"
list() { # types, suite
  printf 'Types: %s\nURIs: http://deb.debian.org/debian\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$1" "$2" \
    >"$oracle/sources/$2.sources"
}
list deb-src bookworm
list deb trixie
apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$oracle/sources" -o "Dir::State::lists=$oracle/lists")
cd "$oracle"
"${apt[@]}" update
"${apt[@]}" source --download-only kubernetes
"${apt[@]}" download golang-k8s-sigs-structured-merge-diff-dev golang-github-modern-go-reflect2-dev
rm -rf source libraries
dpkg-source -x kubernetes_*.dsc source
for package in golang-*.deb; do
  dpkg-deb -x "$package" libraries
done
cd source
go=$oracle/libraries/usr/share/gocode/src
for part in fieldpath merge schema typed value; do
  rm -r "vendor/sigs.k8s.io/structured-merge-diff/v4/$part"
  cp -r "$go/sigs.k8s.io/structured-merge-diff/$part" vendor/sigs.k8s.io/structured-merge-diff/v4/
done
find vendor/sigs.k8s.io/structured-merge-diff -name '*_test.go' -delete
grep -rl sigs.k8s.io/yaml/goyaml.v2 vendor/sigs.k8s.io/structured-merge-diff | xargs sed -i 's#sigs.k8s.io/yaml/goyaml.v2#gopkg.in/yaml.v2#'
rm vendor/github.com/modern-go/reflect2/*
cp "$go"/github.com/modern-go/reflect2/* vendor/github.com/modern-go/reflect2/
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
HOME="$oracle/home" GOPATH="$PWD/.go" CGO_ENABLED=0 make WHAT="$(printf 'cmd/%s ' $programs)"
for program in $programs; do
  cp "$(readlink -f "_output/bin/$program")" "$oracle/bin/$program"
done
cd "$oracle"
chmod -R u+w source home
rm -rf source libraries home kubernetes_* golang-*.deb
