// SPDX-License-Identifier: MIT
// The table behind operations/cuda/library.h, and the life of a step: inputs over pinned memory, a graph from the
// second step of a size on, and one wait for the choices.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "operations/cuda/kernels/launches.h"
#include "operations/cuda/kernels/pictures.h"
#include "operations/cuda/kernels/step.h"

namespace deepseekocr::cuda {
namespace {

const char* text_of(cudaError_t error) {
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

/// cudaStream_t behind the table's void*.
template <typename Arguments, const char* (*Launch)(const Arguments&, const Queue&)>
const char* launch(const Arguments& arguments, Stream stream) {
  return Launch(arguments, {static_cast<cudaStream_t>(stream)});
}

const char* describe_device(int device, DeviceProperties* properties) {
  size_t available = 0, all = 0;
  cudaError_t error = cudaSetDevice(device);
  if (error == cudaSuccess) error = cudaMemGetInfo(&available, &all);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&properties->major, cudaDevAttrComputeCapabilityMajor, device);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&properties->minor, cudaDevAttrComputeCapabilityMinor, device);
  properties->free_bytes = available;
  properties->total_bytes = all;
  return text_of(error);
}

const char* complaint(const StepModel& model) {
  const bool dim = model.dim == 32 || model.dim == 64 || model.dim == 128 || model.dim == 256;
  if (!dim) return "attention heads have 32, 64, 128 or 256 elements";
  if (model.hidden != model.heads * model.dim) return "the heads do not make up the hidden layer";
  if (model.hidden % 8 != 0 || model.width % 8 != 0) return "widths are multiples of 8";
  if (model.experts > kMaxExperts || model.top > 16 || model.top > model.experts) return "too many experts";
  for (int i = 0; i < model.layer_count; ++i) {
    if (model.layers[i].slices < 1 || model.layers[i].own_width % 8 != 0) return "widths are multiples of 8";
  }
  return nullptr;
}

size_t scratch_bytes(const StepModel& model, int rows) {
  // The number of multiprocessors bounds the parts of an attention; 512 is more than any device has.
  return lay_out_scratch(nullptr, model, rows, 512).bytes;
}

/// DEEPSEEKOCR_CUDA_OVERLAP=0 keeps kernels apart, for whoever looks for a fault or measures.
bool overlap_wanted() {
  const char* value = std::getenv("DEEPSEEKOCR_CUDA_OVERLAP");
  return value == nullptr || std::strcmp(value, "0") != 0;
}

const char* create_step(const StepModel& model, int rows, void* scratch, int device, Step** step) {
  auto own = std::make_unique<Step>();
  cudaError_t error = cudaSetDevice(device);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&own->multiprocessors, cudaDevAttrMultiProcessorCount, device);
  int major = 0;
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  if (error != cudaSuccess) return text_of(error);
  own->overlap = major >= 9 && overlap_wanted();
  own->layers.assign(model.layers, model.layers + model.layer_count);
  own->model = model;
  own->model.layers = own->layers.data();
  own->rows = rows;
  own->device = device;
  own->multiprocessors = std::min(own->multiprocessors, 512);
  own->scratch = lay_out_scratch(static_cast<std::byte*>(scratch), model, rows, own->multiprocessors);
  StepInputs inputs;
  const size_t bytes = lay_out_inputs(nullptr, rows, model.layer_count, kMaxBanned, inputs);
  void* host = nullptr;
  error = cudaHostAlloc(&host, bytes + rows * sizeof(RowChoice), cudaHostAllocDefault);
  if (error != cudaSuccess) return text_of(error);
  own->host = static_cast<std::byte*>(host);
  own->host_choices = reinterpret_cast<RowChoice*>(own->host + bytes);
  *step = own.release();
  return nullptr;
}

/// Writes the rows into pinned memory.  The arrays lie as for step.rows rows; the banned ids are last.
/// @return bytes up to the last one that is used
size_t write_inputs(Step& step, const StepRow* rows, int count) {
  StepInputs inputs;
  lay_out_inputs(step.host, step.rows, step.model.layer_count, kMaxBanned, inputs);
  int banned = 0;
  for (int i = 0; i < count; ++i) {
    inputs.ids[i] = rows[i].id;
    inputs.lengths[i] = rows[i].length;
    inputs.capacities[i] = rows[i].capacity;
    inputs.banned_first[i] = banned;
    std::copy_n(rows[i].caches, step.model.layer_count,
                inputs.caches + static_cast<size_t>(i) * step.model.layer_count);
    std::copy_n(rows[i].banned, rows[i].banned_count, inputs.banned + banned);
    banned += rows[i].banned_count;
  }
  inputs.banned_first[count] = banned;
  const auto* end = reinterpret_cast<std::byte*>(inputs.banned + banned);
  const auto* caches_end =
      reinterpret_cast<std::byte*>(inputs.caches + static_cast<size_t>(count) * step.model.layer_count);
  return static_cast<size_t>((banned > 0 ? end : caches_end) - step.host);
}

/// The launches of a step of this size as a graph.  Thread-local: other threads may call CUDA meanwhile.
const char* capture(Step& step, int count, cudaStream_t stream, cudaGraphExec_t* graph) {
  cudaError_t error = cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  if (error != cudaSuccess) return text_of(error);
  const char* failure = step.launch(count, {stream, step.overlap});
  cudaGraph_t captured = nullptr;
  error = cudaStreamEndCapture(stream, &captured);
  if (failure == nullptr && error == cudaSuccess) error = cudaGraphInstantiate(graph, captured, 0);
  if (captured != nullptr) cudaGraphDestroy(captured);
  return failure != nullptr ? failure : text_of(error);
}

/// The first step of a size loads its kernels, which a capture must not; later ones are the graph.
const char* launch_step(Step& step, int count, cudaStream_t stream) {
  const auto [place, first] = step.graphs.try_emplace(count, nullptr);
  if (first) return step.launch(count, {stream, step.overlap});
  if (place->second == nullptr) {
    const char* failure = capture(step, count, stream, &place->second);
    if (failure != nullptr) return failure;
  }
  return text_of(cudaGraphLaunch(place->second, stream));
}

const char* run_step(Step* step, const StepRow* rows, int count, RowChoice* choices, Stream stream_pointer) {
  const auto stream = static_cast<cudaStream_t>(stream_pointer);
  if (count < 1 || count > step->rows) return "a step of more rows than it was made for";
  int banned = 0;
  for (int i = 0; i < count; ++i) banned += rows[i].banned_count;
  if (banned > kMaxBanned) return "more banned ids than a step has place for";
  cudaError_t error = cudaSetDevice(step->device);
  if (error != cudaSuccess) return text_of(error);
  const size_t bytes = write_inputs(*step, rows, count);
  error = cudaMemcpyAsync(step->scratch.input_block, step->host, bytes, cudaMemcpyHostToDevice, stream);
  if (error != cudaSuccess) return text_of(error);
  const char* failure = launch_step(*step, count, stream);
  if (failure != nullptr) return failure;
  error = cudaMemcpyAsync(step->host_choices, step->scratch.choices, count * sizeof(RowChoice), cudaMemcpyDeviceToHost,
                          stream);
  if (error == cudaSuccess) error = cudaStreamSynchronize(stream);
  if (error != cudaSuccess) return text_of(error);
  std::copy_n(step->host_choices, count, choices);
  return nullptr;
}

const float* step_logits(const Step* step) {
  return step->scratch.logits;
}

void destroy_step(Step* step) {
  if (step == nullptr) return;
  cudaSetDevice(step->device);
  for (const auto& [count, graph] : step->graphs) {
    if (graph != nullptr) cudaGraphExecDestroy(graph);
  }
  cudaFreeHost(step->host);
  delete step;
}

Library make_library() {
  Library all{};
  all.version = kLibraryVersion;
  all.device = describe_device;
  all.complaint = complaint;
  all.norm = launch<NormArguments, launch_norm>;
  all.linear = launch<LinearArguments, launch_linear>;
  all.attention = launch<AttentionArguments, launch_attention>;
  all.route = launch<RouterArguments, launch_route>;
  all.experts = launch<ExpertsArguments, launch_experts>;
  all.choose = launch<ChooseArguments, launch_choose>;
  all.scratch_bytes = scratch_bytes;
  all.create_step = create_step;
  all.run_step = run_step;
  all.step_logits = step_logits;
  all.destroy_step = destroy_step;
  add_picture_functions(all);
  return all;
}

const Library& library() {
  static const Library kLibrary = make_library();
  return kLibrary;
}

}  // namespace
}  // namespace deepseekocr::cuda

extern "C" __attribute__((visibility("default"))) const deepseekocr::cuda::Library* dsocr_cuda_library(int version) {
  return version == deepseekocr::cuda::kLibraryVersion ? &deepseekocr::cuda::library() : nullptr;
}
