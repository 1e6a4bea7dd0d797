#!/bin/sh
# Installs what the interop tests need beside Python: PHP with SoapClient and DOM, Node with npm, node's "soap", Chromium,
# a JDK with Maven, Apache CXF, PostgreSQL; curl and lftp for FTPS.
# What is there already is left alone, so it can be run again and again.
set -eu
cd "$(dirname "$0")"

# Debian packages, when something is missing: as root they are installed, otherwise it is said what to do.
need() {
  missing=$1
  shift
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "interop: $missing is missing. Install it (on Debian and Ubuntu: apt-get install $*) and run this again." >&2
    exit 1
  fi
  echo "interop: installing $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

has_soap() { command -v php >/dev/null && php -m | grep -qix soap; }
has_node() { command -v node >/dev/null && command -v npm >/dev/null; }

has_soap || need "PHP's SoapClient" php-cli php-soap
has_node || need "Node with npm" nodejs npm
has_dom() { php -m | grep -qix dom; }
has_dom || need "PHP's DOM" php-xml
command -v curl >/dev/null || need "curl" curl
command -v lftp >/dev/null || need "lftp" lftp
command -v javac >/dev/null || need "A JDK" default-jdk-headless
has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_browser || need "Chromium" chromium
# Where tests/simulator/postgresql.py looks, too.
has_postgresql() { command -v initdb >/dev/null || ls "${POSTGRESQL:-/usr/lib/postgresql}"/*/bin/initdb >/dev/null 2>&1; }
has_postgresql || need "PostgreSQL" postgresql
has_soap || { echo "interop: php still has no soap extension (php -m); is it another php than Debian's? Enable it there." >&2; exit 1; }

# What node's "soap" itself asks for.
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || {
  echo "interop: node's soap needs Node 20.19 or later, found $(node --version). Install a later one." >&2
  exit 1
}

command -v mvn >/dev/null || need "Maven" maven
if ! cmp -s cxf/pom.xml cxf/target/.installed; then
  rm -rf cxf/target
  (cd cxf && mvn -q -B dependency:copy-dependencies -DoutputDirectory=target/lib)
  cp cxf/pom.xml cxf/target/.installed
fi

cd node
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --ignore-scripts --no-audit --no-fund
  cp package-lock.json node_modules/.installed
fi
