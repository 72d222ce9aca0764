#!/bin/sh
# Prepares the namespace that runbooks live in: it exists, closed runs are kept for 90 days at least,
# and the search attributes can be used. It is safe to repeat. Where: TEMPORAL_ADDRESS; which:
# TEMPORAL_NAMESPACE.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
days=90
keywords='RunbookInstallation RunbookStatus RunbookStep'

# Tries for two minutes; then says why the last attempt failed.
insist() {
  tries=60
  until said=$("$@" 2>&1); do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
      echo "$*: $said" >&2
      exit 1
    fi
    sleep 2
  done
}

create_namespace() {
  temporal operator namespace describe --namespace "$namespace" ||
    temporal operator namespace create --namespace "$namespace" --retention "${days}d"
}

# A person may have chosen to keep more.
keep_long_enough() {
  seconds=$(temporal operator namespace describe --namespace "$namespace" --output json |
    sed -n 's/.*"workflowExecutionRetentionTtl": *"\([0-9]*\).*/\1/p')
  [ "${seconds:-0}" -ge $((days * 86400)) ] ||
    temporal operator namespace update --namespace "$namespace" --retention "${days}d"
}

# One that is there already is left as it is.
create_keywords() {
  for name in $keywords; do
    temporal operator search-attribute create --namespace "$namespace" \
      --name "$name" --type Keyword || return 1
  done
}

# A run that sets an attribute that the server does not know yet gets stuck.
use_keywords() {
  for name in $keywords; do
    temporal workflow count --namespace "$namespace" --query "$name = 'none'" || return 1
  done
}

insist temporal operator cluster health
insist create_namespace
insist keep_long_enough
insist create_keywords
insist use_keywords
echo "namespace $namespace is ready"
