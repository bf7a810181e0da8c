#!/usr/bin/env bash
# Run one node of the Elasticsearch that fetch_elasticsearch.sh fetched, on loopback, to try Sosie with; Ctrl-C ends it.
#
#   scripts/run_elasticsearch.sh [PORT] [VERSION]
#
# Without passwords, so for trying only. What is indexed lies in the folder elasticsearch-data beside the server, and is
# there again the next time. Needs a JDK of 21 or newer, 17 to 23 for version 8: ES_JAVA_HOME, else the newest of /usr/lib/jvm.
set -euo pipefail

port=${1:-9200}
version=${2:-9.2.4}
"$(dirname "$0")/fetch_elasticsearch.sh" "$version"
if [ "$(id -u)" = 0 ]; then default=/var/cache/sosie; else default=${XDG_CACHE_HOME:-$HOME/.cache}/sosie; fi
home=${SOSIE_ELASTICSEARCH_CACHE:-$default}/elasticsearch-$version
data=${SOSIE_ELASTICSEARCH_CACHE:-$default}/elasticsearch-data/$version-$port
mkdir -p "$data/tmp" "$data/logs"
cp -r "$home/config" "$data/"
sed -i "s#logs/gc.log#$data/logs/gc.log#" "$data/config/jvm.options"
if [ -z "${ES_JAVA_HOME:-}" ]; then
  newest=0
  for java in /usr/lib/jvm/*/bin/java; do
    major=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    if [ "${major:-0}" -gt "$newest" ]; then newest=$major found=$java; fi
  done
  ES_JAVA_HOME=$(dirname "$(dirname "${found:?no JDK in /usr/lib/jvm: name one in ES_JAVA_HOME}")")
fi
as_user=()
if [ "$(id -u)" = 0 ]; then
  chown -R sosie-es:sosie-es "$data"
  as_user=(setpriv --reuid sosie-es --regid sosie-es --clear-groups)
fi
echo "Elasticsearch $version will answer on http://127.0.0.1:$port in about 15 seconds"
cd "$data"
exec env ES_JAVA_HOME="$ES_JAVA_HOME" ES_PATH_CONF="$data/config" ES_TMPDIR="$data/tmp" \
  ES_JAVA_OPTS="${ES_JAVA_OPTS:--Xms1g -Xmx1g}" "${as_user[@]}" "$home/bin/elasticsearch" \
  -E http.host=127.0.0.1 -E transport.host=127.0.0.1 -E "http.port=$port" -E transport.port=0 \
  -E path.data="$data/data" -E path.logs="$data/logs" -E discovery.type=single-node \
  -E xpack.security.enabled=false -E cluster.routing.allocation.disk.threshold_enabled=false
