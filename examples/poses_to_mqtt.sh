#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Publishes each frame's poses by MQTT, with mosquitto_pub (Debian's mosquitto-clients): one message a line.
# usage: poses_to_mqtt.sh BROKER TOPIC [http://127.0.0.1:8710 [TOKEN]]
set -euo pipefail # so that a refused token is a failure too
broker=$1 topic=$2 address=${3:-http://127.0.0.1:8710} token=${4:-}
# The token goes through standard input, because all users can see the arguments of a process.
{ [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } |
    curl -sSNf -K - "$address/poses" | mosquitto_pub -h "$broker" -t "$topic" -l
