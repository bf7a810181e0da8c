#!/usr/bin/env bash
# Fetch the real Elasticsearch that the tests speak to, once a machine, and unpack it outside the clone.
#
#   scripts/fetch_elasticsearch.sh [VERSION]
#
# Needs mvn, unzip or python3, and a JDK of 21 or newer to run it. The folder is SOSIE_ELASTICSEARCH_CACHE, else
# /var/cache/sosie for root (who may not run the server and gets the system user sosie-es for it), else ~/.cache/sosie.
set -euo pipefail

version=${1:-9.2.4}
if [ "$(id -u)" = 0 ]; then default=/var/cache/sosie; else default=${XDG_CACHE_HOME:-$HOME/.cache}/sosie; fi
cache=${SOSIE_ELASTICSEARCH_CACHE:-$default}
home=$cache/elasticsearch-$version

if [ "$(id -u)" = 0 ] && ! id sosie-es >/dev/null 2>&1; then
  useradd --system --no-create-home --shell /usr/sbin/nologin sosie-es
fi
if [ -x "$home/bin/elasticsearch" ]; then
  echo "Elasticsearch $version is in $home"
  exit 0
fi
mkdir -p "$cache"
unpacking=$(mktemp -d "$cache/unpacking.XXXXXX")
trap 'rm -rf "$unpacking"' EXIT
mvn -q --batch-mode dependency:copy \
  -Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version:zip" -DoutputDirectory="$unpacking"
python3 -m zipfile -e "$unpacking/elasticsearch-$version.zip" "$unpacking"
chmod +x "$unpacking/elasticsearch-$version"/bin/*
chmod -R a+rX "$unpacking"
mv -T "$unpacking/elasticsearch-$version" "$home" 2>/dev/null || [ -x "$home/bin/elasticsearch" ]
echo "Elasticsearch $version was fetched to $home"
