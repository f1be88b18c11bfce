#!/bin/sh
# Compiles and runs the tests that need the real Yammer library, taken from a Kafka of the lab.
# Usage: yammer.sh LAB SOURCE CLASSPATH OUTPUT_DIR JAVAC JAVA.  Exit 77: no Kafka could be had.
set -eu
lab=$1 source=$2 classes=$3 output=$4 javac=$5 java=$6

jars=$("$lab" get) || { echo "no Kafka jars: skipped" >&2; exit 77; }
library=$(ls "$jars"/metrics-core-2.*.jar)
slf4j=$(ls "$jars"/slf4j-api-*.jar)
mkdir -p "$output"
"$javac" --release 8 -encoding UTF-8 -Xlint:-options -cp "$library:$classes" -d "$output" "$source"
exec "$java" -Xmx256m -cp "$output:$classes:$library:$slf4j" remora.shim.YammerTests
