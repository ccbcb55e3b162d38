#!/bin/sh
# Prints the Secrets of the local overlay with fresh random values: secrets.sh | kubectl apply -f -
# Run it once. Values that change later would no longer fit the data in the volumes.
set -eu
random() { openssl rand -hex 24; }
key() { openssl rand -base64 32; }
database=$(random) redis=$(random)
cat <<END
apiVersion: v1
kind: Secret
metadata: {name: mergehub-stores, namespace: mergehub}
stringData:
  database-url: postgresql://mergehub:$database@postgres/mergehub
  redis-url: redis://:$redis@valkey:6379/0
---
apiVersion: v1
kind: Secret
metadata: {name: mergehub-tokens, namespace: mergehub}
stringData:
  owner: mgh_$(random)
  worker: mgh_$(random)
  service: mgh_$(random)
---
apiVersion: v1
kind: Secret
metadata: {name: mergehub-keys, namespace: mergehub}
stringData:
  secrets-keys: '["$(key)"]'
  cursor-key: $(random)
---
apiVersion: v1
kind: Secret
metadata: {name: postgres, namespace: mergehub}
stringData:
  password: $database
---
apiVersion: v1
kind: Secret
metadata: {name: valkey, namespace: mergehub}
stringData:
  valkey.conf: |
    dir /data
    appendonly yes
    maxmemory 400mb
    maxmemory-policy noeviction
    requirepass $redis
END
