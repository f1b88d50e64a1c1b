#!/usr/bin/env bash
# Builds a kube-apiserver and kube-controller-manager from Debian's own `kubernetes` source package, for the comparison in test/oracle.
# Needs root, Debian's mirror and about ten minutes on two cores; a second run finds the programs in .oracle/bin and ends at once.
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
mkdir -p "$oracle/sources" "$oracle/lists/partial" "$oracle/bin"
cat >"$oracle/sources/debian.sources" <<SOURCES
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$oracle/sources" -o "Dir::State::lists=$oracle/lists")
cd "$oracle"
"${apt[@]}" update
"${apt[@]}" source --download-only kubernetes
rm -rf source
dpkg-source -x kubernetes_*.dsc source
cd source
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
HOME="$oracle/home" GOPATH="$PWD/.go" CGO_ENABLED=0 make WHAT="$(printf 'cmd/%s ' $programs)"
for program in $programs; do
  cp "$(readlink -f "_output/bin/$program")" "$oracle/bin/$program"
done
cd "$oracle"
chmod -R u+w source home
rm -rf source home kubernetes_*
