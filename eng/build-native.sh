#!/usr/bin/env bash
# Builds artifacts/native/libfacecluster_faiss.so where Faiss is installed; says why not where it is not.
# Faiss is an option: this script succeeds either way. Call it, or source it and call build_native.
build_native() {
    local root output missing=()
    root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
    output="$root/artifacts/native"
    command -v cmake > /dev/null || missing+=(cmake)
    command -v c++ > /dev/null || missing+=(g++)
    [ -e /usr/include/faiss/index_factory.h ] || [ -n "${FAISS_ROOT:-}" ] || missing+=(libfaiss-dev)
    if [ ${#missing[@]} -gt 0 ]; then
        echo "Faiss index: not built (optional); to have it: apt-get install ${missing[*]}, then eng/build-native.sh"
        return 0
    fi

    if [ "$output/libfacecluster_faiss.so" -nt "$root/native/faiss/facecluster_faiss.cpp" ] \
        && [ "$output/libfacecluster_faiss.so" -nt "$root/native/faiss/CMakeLists.txt" ]; then
        return 0
    fi

    echo "Faiss index: building artifacts/native/libfacecluster_faiss.so"
    mkdir -p "$output"
    if ! { cmake -S "$root/native/faiss" -B "$root/artifacts/native/build" -DCMAKE_LIBRARY_OUTPUT_DIRECTORY="$output" \
        && cmake --build "$root/artifacts/native/build"; } > "$output/build.log" 2>&1; then
        echo "Faiss index: the build failed (optional); see artifacts/native/build.log"
    fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    build_native
fi
