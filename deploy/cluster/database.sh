#!/usr/bin/env bash
# Set up one database machine: PostgreSQL 15, etcd and Patroni (Debian 12). On each of the three, as root:
#
#     deploy/cluster/database.sh N IP1 IP2 IP3      N is 1, 2 or 3: the number of this machine in the list of the addresses
#
# The first machine writes /etc/learn/cluster.env with the passwords. Copy it to the other two first. Every machine needs
# /etc/learn/tls/server.crt and server.key (for the name in DATABASE_URL; the key readable for postgres only).
# Running it again changes only the settings files, and Patroni reads its own again; PostgreSQL goes on.
set -euo pipefail
stop() { echo "$*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || stop "Run this as root."
[ $# = 4 ] || stop "Say the number of this machine and the addresses of all three: deploy/cluster/database.sh 1 10.0.0.1 10.0.0.2 10.0.0.3"
case $1 in 1 | 2 | 3) n=$1 ;; *) stop "The number of this machine is 1, 2 or 3, not $1." ;; esac
for ip in "${@:2}"; do
	[[ $ip =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "$ip is no IPv4 address."
done
ips=("" "${@:2}")
ip=${ips[$n]}
ip -brief address | grep -qwF "$ip" || stop "This machine does not have the address $ip."
grep -q '^VERSION_ID="12"' /etc/os-release || echo "This was tried on Debian 12 only." >&2

install -d -m 755 /etc/learn /etc/learn/tls
if [ ! -e /etc/learn/cluster.env ]; then
	[ "$n" = 1 ] || stop "Copy /etc/learn/cluster.env from the first machine to this one (as root, mode 600), then run this again."
	(
		umask 077
		for name in SUPER COPY REWIND REST SITE; do
			echo "${name}_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr -d '+/=')"
		done >/etc/learn/cluster.env
		echo "NETWORK=${ip%.*}.0/24" >>/etc/learn/cluster.env
	)
	echo "Passwords are in /etc/learn/cluster.env. Look at NETWORK there: only machines in it can connect."
fi
# shellcheck source=/dev/null
. /etc/learn/cluster.env
for file in server.crt server.key; do
	[ -e /etc/learn/tls/$file ] || stop "Put the certificate and its key into /etc/learn/tls/ (server.crt, server.key), then run this again."
done

# Debian would start a cluster of its own.
install -d /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-15 etcd-server python3-venv openssl

# Patroni from PyPI: Debian's 3.0.2 loses answers when a frozen leader wakes (README.md beside this file).
/usr/bin/python3 -m venv /opt/patroni
/opt/patroni/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements-patroni.txt"
install -m 755 "$here/create-site.sh" /opt/patroni/create-site.sh

install -d -o postgres -g postgres -m 700 /var/lib/learn /var/lib/learn/run
chown postgres: /etc/learn/tls/server.key && chmod 600 /etc/learn/tls/server.key
half=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 4 / 1024))
umask 077
sed -e "s#@NODE@#n$n#g" -e "s#@HOST@#$ip#g" \
	-e "s#@ETCD@#${ips[1]}:2379,${ips[2]}:2379,${ips[3]}:2379#" \
	-e "s#@DATA@#/var/lib/learn/data#" -e "s#@RUN@#/var/lib/learn/run#g" -e "s#@PROGRAMS@#/usr/lib/postgresql/15/bin#" \
	-e "s#@MEMORY@#${half}MB#" -e "s#@NETWORK@#$NETWORK#g" -e "s#@HOSTSSL@#hostssl#g" -e "s#@TLS@#on#" \
	-e "s#@CERTIFICATE@#/etc/learn/tls/server.crt#" -e "s#@KEY@#/etc/learn/tls/server.key#" \
	-e "s#@CREATE@#/opt/patroni/create-site.sh#" -e "s#@WATCHDOG@#automatic#" \
	-e "s#@SUPER_PASSWORD@#$SUPER_PASSWORD#" -e "s#@COPY_PASSWORD@#$COPY_PASSWORD#" \
	-e "s#@REWIND_PASSWORD@#$REWIND_PASSWORD#" -e "s#@REST_PASSWORD@#$REST_PASSWORD#" \
	"$here/patroni.yml.in" >/etc/learn/patroni.yml
! grep -n '@[A-Z_]*@' /etc/learn/patroni.yml || stop "patroni.yml.in has a word that database.sh does not fill in."
chown postgres: /etc/learn/patroni.yml
echo "SITE_PASSWORD=$SITE_PASSWORD" >/etc/learn/site-password.env && chown postgres: /etc/learn/site-password.env
umask 022

before=$(cat /etc/default/etcd 2>/dev/null || true)
cat >/etc/default/etcd <<END
ETCD_NAME=e$n
ETCD_DATA_DIR=/var/lib/etcd/learn
ETCD_ENABLE_V2=false
ETCD_LISTEN_CLIENT_URLS=http://$ip:2379
ETCD_ADVERTISE_CLIENT_URLS=http://$ip:2379
ETCD_LISTEN_PEER_URLS=http://$ip:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$ip:2380
ETCD_INITIAL_CLUSTER=e1=http://${ips[1]}:2380,e2=http://${ips[2]}:2380,e3=http://${ips[3]}:2380
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_HEARTBEAT_INTERVAL=100
ETCD_ELECTION_TIMEOUT=1000
END
install -d /etc/udev/rules.d /etc/modules-load.d
echo 'KERNEL=="watchdog", OWNER="postgres"' >/etc/udev/rules.d/61-watchdog.rules
echo softdog >/etc/modules-load.d/softdog.conf
modprobe softdog 2>/dev/null || echo "There is no softdog module: Patroni runs without a watchdog." >&2

install -m 644 "$here/systemd/patroni.service" /etc/systemd/system/patroni.service
install -D -m 644 "$here/systemd/etcd.conf" /etc/systemd/system/etcd.service.d/learn.conf
systemctl daemon-reload
systemctl enable etcd patroni
# Debian has started an etcd of its own. Where ours runs already, a restart would only be an outage.
[ "$before" = "$(cat /etc/default/etcd)" ] || systemctl stop etcd
systemctl start --no-block etcd
if systemctl is-active -q patroni; then systemctl reload patroni; else systemctl start --no-block patroni; fi
echo "Done. When two machines run: /opt/patroni/bin/patronictl -c /etc/learn/patroni.yml list"
