#!/usr/bin/env bash
# Set up one app machine: HAProxy and the site (Debian 12). The code lies in /srv/learn. On each, as root:
#
#     deploy/cluster/app.sh DB1 DB2 DB3 APP1 [APP2 …]     the addresses of the three database machines, then of all app machines
#
# Before: /etc/learn/learn.env (from learn.env.example, the same SECRET_KEY everywhere), /etc/learn/tls/ca.crt (who signed
# the certificate of the databases), /etc/learn/tls/site.pem (certificate and key of PUBLIC_URL's host). BACKUP=1: this
# machine makes the nightly backup. Running it again is the upgrade of this machine.
set -euo pipefail
stop() { echo "$*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || stop "Run this as root."
[ $# -ge 4 ] || stop "Say the addresses: deploy/cluster/app.sh DB1 DB2 DB3 APP1 [APP2 …]"
for ip in "$@"; do
	[[ $ip =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "$ip is no IPv4 address."
done
[ "$here" = /srv/learn/deploy/cluster ] || stop "Put the code into /srv/learn, and run /srv/learn/deploy/cluster/app.sh."
for file in learn.env tls/ca.crt tls/site.pem; do
	[ -e /etc/learn/$file ] || stop "/etc/learn/$file is missing. README.md beside this script says what it is."
done
grep -q '^SECRET_KEY=.' /etc/learn/learn.env || stop "SECRET_KEY is empty in /etc/learn/learn.env."
chmod 600 /etc/learn/tls/site.pem
databases=("${@:1:3}")
apps=("${@:4}")

apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends haproxy postgresql-client-15 python3-venv
id learn >/dev/null 2>&1 || useradd --system --home-dir /srv/learn --shell /usr/sbin/nologin learn
install -d -o learn -g learn -m 700 /var/backups/learn
chown root:learn /etc/learn/learn.env && chmod 640 /etc/learn/learn.env
grep -q ' learn-db$' /etc/hosts || echo "127.0.0.1 learn-db" >>/etc/hosts
[ -x /srv/learn/.venv/bin/python ] || /usr/bin/python3 -m venv /srv/learn/.venv
/srv/learn/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r /srv/learn/requirements.txt
install -d -o learn -g learn /srv/learn/.static

sites='' files='' k=0
for ip in "${apps[@]}"; do
	k=$((k + 1))
	sites+="  server s$k $ip:8000 check\n"
	files+="  server s$k $ip:8000 track sites/s$k\n"
done
install -d /etc/haproxy/errors
install -m 644 "$here/503.http" /etc/haproxy/errors/503.http
sed -e "s#@DB1@#${databases[0]}#" -e "s#@DB2@#${databases[1]}#" -e "s#@DB3@#${databases[2]}#" -e "s#@DATABASE_PORT@#5000#" \
	-e 's%@BIND@%:80\n  bind :443 ssl crt /etc/learn/tls/site.pem alpn h2,http/1.1 ssl-min-ver TLSv1.2%' \
	-e 's#@PLAIN@#!{ ssl_fc }#' -e 's#@SCHEME@#https#' -e "s#@ERRORS@#/etc/haproxy/errors#" \
	-e "s#@SITES@#${sites%\\n}#" -e "s#@FILES@#${files%\\n}#" "$here/haproxy.cfg.in" >/etc/haproxy/haproxy.cfg.new
! grep -n '@[A-Z_0-9]*@' /etc/haproxy/haproxy.cfg.new || stop "haproxy.cfg.in has a word that app.sh does not fill in."
haproxy -c -q -f /etc/haproxy/haproxy.cfg.new
mv /etc/haproxy/haproxy.cfg.new /etc/haproxy/haproxy.cfg
systemctl enable --now haproxy
systemctl reload haproxy

install -m 644 "$here"/systemd/learn*.service "$here"/systemd/learn*.timer /etc/systemd/system/
for unit in learn learn@ learn-backup; do
	install -D -m 644 "$here/systemd/confined.conf" /etc/systemd/system/$unit.service.d/confined.conf
done
systemctl daemon-reload
# A command of the site, as its user. The site reads the settings itself: for a shell, the & in an address of a database
# would end the line. With root's HOME, libpq would look for certificates where this user may not.
cat >/usr/local/sbin/learn-manage <<'END'
#!/bin/sh
# /usr/local/sbin/learn-manage COMMAND …: a command of the learning site (docs/hospital-it.md), as the site's user.
cd /srv/learn && exec setpriv --reuid=learn --regid=learn --init-groups env HOME=/srv/learn \
	LEARN_ENV_FILE=/etc/learn/learn.env .venv/bin/python manage.py "$@"
END
chmod 755 /usr/local/sbin/learn-manage
learn-manage upgrade
systemctl enable learn
systemctl restart learn
systemctl enable --now learn-tidy.timer learn-check_audit.timer learn-remind.timer learn-digest.timer
systemctl enable --now learn-item_analysis.timer
[ "${BACKUP:-0}" = 0 ] || systemctl enable --now learn-backup.timer
echo "Done. The first administrator: learn-manage make_admin"
