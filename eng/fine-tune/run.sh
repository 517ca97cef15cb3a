#!/usr/bin/env bash
# Fine-tunes the default model on faces with names, once with ArcFace and once with MagFace under the same budget, and measures
# the default model and both results on people that none of them was tuned on. Pictures and models stay out of the repository.
#
#   eng/fine-tune/run.sh IMAGES [SEED ...]      IMAGES: a folder of Name_0001.jpg face crops
#
# Writes artifacts/fine-tune/: the split, a folder per run with its log and report, results.jsonl with two lines a model: over the
# held-out pictures as they are, and over poorer copies of them (blurred, shrunk, compressed by chance).
# An interrupted run goes on where its last checkpoint is when the command is given again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
images="$1"
shift
seeds=("${@:-1}")
train=(${FACECLUSTER_TRAIN:-artifacts/facecluster-train})
model=artifacts/models/fr_feature.onnx
work=artifacts/fine-tune
mkdir -p "$work"

if [ ! -d "$work/held" ]; then
  "${train[@]}" data pack "$images" --faces whole -o "$work/aligned" --models artifacts/models
  "${train[@]}" data split "$work/aligned" --first "$work/train" --second "$work/held.part" --share 0.8 --seed 1
  mv "$work/held.part" "$work/held"
fi

if [ ! -d "$work/poor" ]; then
  "${train[@]}" data degrade "$work/held" --output "$work/poor.part"
  mv "$work/poor.part" "$work/poor"
fi

measure() { # NAME MODEL
  local set
  for set in held poor; do
    "${train[@]}" eval --model "$2" --images "$work/$set" --report "$work/$1-$set.html" --json \
      | sed "s/^{/{\"run\":\"$1\",\"set\":\"$set\",/" | tee -a "$work/results.jsonl"
  done
}

: >"$work/results.jsonl"
measure default "$model"
for seed in "${seeds[@]}"; do
  for head in arcface magface; do
    out="$work/$head-$seed"
    sed -e "s|OUTPUT|$out|; s|DATA|$work/train|; s|MODEL|$model|; s|\"seed\": 1|\"seed\": $seed|" "eng/fine-tune/$head.json" >"$work/$head-$seed.json"
    if [ ! -f "$out/model.onnx" ]; then
      code=130
      while [ "$code" -eq 130 ]; do
        code=0
        "${train[@]}" fit "$work/$head-$seed.json" --resume 2>>"$work/$head-$seed.log" || code=$?
        # 130 is an interruption that saved: a supervisor that hands out time slices may send it. A person's Ctrl-C ends this script too.
      done
      [ "$code" -eq 0 ] || { tail -n 3 "$work/$head-$seed.log" >&2; exit "$code"; }
      "${train[@]}" export --checkpoint "$out/last.fct" --output "$out/model.onnx"
    fi
    measure "$head-$seed" "$out/model.onnx"
  done
done
