// C functions over the Faiss C++ classes, for P/Invoke.
//
// Every function returns a code: 0 for success, else one of the codes below with a sentence in `error` (always
// terminated, cut to `error_size`). No exception crosses the boundary. Vectors are row-major single precision; the
// metric is the inner product. Searching from several threads is safe; anything that changes an index is not, and the
// caller keeps the two apart.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <dlfcn.h>
#include <omp.h>

#include <faiss/AutoTune.h>
#include <faiss/Index.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#define FC_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum Code { kOk = 0, kFaissError = 1, kOtherError = 2 };

void Say(char* error, int32_t error_size, const char* text) {
    if (error != nullptr && error_size > 0) {
        const size_t length = std::min(std::strlen(text), static_cast<size_t>(error_size) - 1);
        std::memcpy(error, text, length);
        error[length] = '\0';
    }
}

// OpenMP keeps its limit per calling thread, and any thread may call here: it is set again with every call.
std::atomic<int32_t> thread_limit{0};

template <typename Body>
int32_t Guarded(char* error, int32_t error_size, Body body) {
    try {
        if (const int32_t threads = thread_limit.load(); threads > 0) {
            omp_set_num_threads(threads);
        }

        body();
        return kOk;
    } catch (const faiss::FaissException& e) {
        Say(error, error_size, e.msg.c_str());
        return kFaissError;
    } catch (const std::exception& e) {
        Say(error, error_size, e.what());
        return kOtherError;
    } catch (...) {
        Say(error, error_size, "unknown error");
        return kOtherError;
    }
}

}  // namespace

// Version of this interface; the caller refuses another one.
FC_EXPORT int32_t fc_faiss_abi() { return 2; }

// Limits every call of the process from now on. OpenBLAS, where it is the BLAS, has threads of its own.
FC_EXPORT void fc_faiss_threads(int32_t threads) {
    thread_limit.store(threads);
    if (const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
        set(threads);
    }
}

FC_EXPORT int32_t fc_faiss_create(int32_t dimension, const char* factory, faiss::Index** index, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { *index = faiss::index_factory(dimension, factory, faiss::METRIC_INNER_PRODUCT); });
}

FC_EXPORT void fc_faiss_free(faiss::Index* index) { delete index; }

FC_EXPORT int32_t fc_faiss_info(const faiss::Index* index, int32_t* dimension, int64_t* count, int32_t* trained) {
    *dimension = index->d;
    *count = index->ntotal;
    *trained = index->is_trained ? 1 : 0;
    return kOk;
}

FC_EXPORT int32_t fc_faiss_set(faiss::Index* index, const char* name, double value, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { faiss::ParameterSpace().set_index_parameter(index, name, value); });
}

FC_EXPORT int32_t fc_faiss_train(faiss::Index* index, int64_t count, const float* rows, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { index->train(count, rows); });
}

FC_EXPORT int32_t fc_faiss_add(faiss::Index* index, int64_t count, const float* rows, const int64_t* ids, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { index->add_with_ids(count, rows, ids); });
}

// Writes count * k similarities and ids, best first; id -1 where fewer were found.
FC_EXPORT int32_t fc_faiss_search(
    const faiss::Index* index, int64_t count, const float* queries, int64_t k, float* similarities, int64_t* ids, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { index->search(count, queries, k, similarities, ids); });
}

// Ids of rows whose similarity to one query is above `threshold`. `found` gets the number of hits, of which the first
// `capacity` are written: call again with a larger buffer when it is larger.
FC_EXPORT int32_t fc_faiss_range(
    const faiss::Index* index, const float* query, float threshold, int64_t capacity, int64_t* ids, int64_t* found, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] {
        faiss::RangeSearchResult result(1);
        index->range_search(1, query, threshold, &result);
        *found = static_cast<int64_t>(result.lims[1]);
        std::copy_n(result.labels, std::min(*found, capacity), ids);
    });
}

FC_EXPORT int32_t fc_faiss_remove(faiss::Index* index, int64_t count, const int64_t* ids, int64_t* removed, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] {
        faiss::IDSelectorBatch selector(static_cast<size_t>(count), ids);
        *removed = static_cast<int64_t>(index->remove_ids(selector));
    });
}

FC_EXPORT int32_t fc_faiss_save(const faiss::Index* index, const char* path, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { faiss::write_index(index, path); });
}

FC_EXPORT int32_t fc_faiss_load(const char* path, faiss::Index** index, char* error, int32_t error_size) {
    return Guarded(error, error_size, [&] { *index = faiss::read_index(path); });
}
