// SPDX-License-Identifier: MIT
#include "model/weight_loader.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <span>

#include "operations/cpu/guarded.h"
#include "operations/host_memory.h"

namespace deepseekocr {
namespace {

ElementType element_type(at::ScalarType type) {
  TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "weights are float32 or bfloat16");
  return type == at::kFloat ? ElementType::f32 : ElementType::bf16;
}

// Blocks of a packed cache beside a matrix, behind its name.
constexpr const char* kErrors = " errors";
constexpr const char* kNorms = " norms";

}  // namespace

ElementType element_type_of(const at::TensorOptions& options) {
  return element_type(c10::typeMetaToScalarType(options.dtype()));
}

WeightLoader::WeightLoader(const Checkpoint& checkpoint, const at::TensorOptions& options,
                           std::optional<operations::PackedFormat> packing, const LoadProgress& progress,
                           const CancelFlag& cancelled, const std::optional<PackedCachePlace>& cache)
    : checkpoint_(checkpoint),
      options_(options),
      packing_(packing),
      progress_(progress),
      cancelled_(cancelled),
      staging_(options.device()) {
  if (cache) {
    const auto run = [](int64_t count, const std::function<void(int64_t)>& work) {
      operations::cpu::team().run(count, work);
    };
    cache_.emplace(*cache, run, [this](const std::string& sentence) {
      if (progress_) progress_(std::max(percent_, 0), sentence);
    });
  }
  report(0);
}

void WeightLoader::finish() {
  if (cache_) cache_->finish();
}

at::Tensor WeightLoader::allocate(at::IntArrayRef shape) const {
  if (options_.device().is_cpu()) return operations::empty_on_host(shape, c10::typeMetaToScalarType(options_.dtype()));
  return at::empty(shape, options_);
}

at::Tensor WeightLoader::load(const std::string& name) {
  at::Tensor tensor = allocate(shape(name));
  read(name, tensor);
  return tensor;
}

at::Tensor WeightLoader::load_float32(const std::string& name) {
  at::Tensor tensor = at::empty(shape(name), options_.dtype(at::kFloat));
  read(name, tensor);
  return tensor;
}

operations::Weights WeightLoader::allocate_matrices(int64_t count, int64_t rows, int64_t columns) const {
  if (packing_)
    return operations::allocate_packed(*packing_, count, rows, columns, c10::typeMetaToScalarType(options_.dtype()));
  return allocate({count * rows, columns});
}

void WeightLoader::load_matrix(const std::string& name, const operations::Weights& matrices, int64_t index) {
  if (const auto* packed = std::get_if<operations::PackedMatrices>(&matrices)) {
    pack(name, *packed, index, nullptr);
  } else {
    const int64_t rows = shape(name).at(0);
    load_into(name, std::get<at::Tensor>(matrices).narrow(0, index * rows, rows));
  }
}

operations::Weights WeightLoader::load_matrices(const std::vector<std::string>& names) {
  const std::vector<int64_t> each = shape(names.at(0));
  operations::Weights matrices = allocate_matrices(std::ssize(names), each.at(0), each.at(1));
  for (size_t i = 0; i < names.size(); ++i) load_matrix(names[i], matrices, static_cast<int64_t>(i));
  return matrices;
}

operations::Weights WeightLoader::load_matrix(const std::string& name) {
  if (!packing_) return load(name).flatten(1);
  const std::vector<int64_t> own = shape(name);
  const int64_t columns = c10::multiply_integers(own.begin() + 1, own.end());
  auto matrix = operations::allocate_packed(*packing_, 1, own.at(0), columns, at::kFloat);
  pack(name, matrix, 0, nullptr);
  return matrix;
}

operations::PackedMatrices WeightLoader::load_int8(const std::string& name, operations::RowLoss& loss) {
  const std::vector<int64_t> own = shape(name);
  auto matrix = operations::allocate_packed(operations::PackedFormat::int8, 1, own.at(0), own.at(1), at::kFloat);
  pack(name, matrix, 0, &loss);
  bytes_held_ += loss.errors.size() * sizeof(float);
  return matrix;
}

bool WeightLoader::find_packed(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
                               operations::RowLoss* loss) {
  if (!cache_ || !cache_->read(name, operations::matrix_bytes(matrices, index))) return false;
  if (loss == nullptr) return true;
  loss->errors.resize(static_cast<size_t>(matrices.rows));
  loss->norms.resize(static_cast<size_t>(matrices.rows));
  return cache_->read(name + kErrors, std::as_writable_bytes(std::span(loss->errors))) &&
         cache_->read(name + kNorms, std::as_writable_bytes(std::span(loss->norms)));
}

void WeightLoader::keep_packed(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
                               const operations::RowLoss* loss) {
  if (!cache_) return;
  cache_->add(name, operations::matrix_bytes(matrices, index));
  if (loss == nullptr) return;
  cache_->add(name + kErrors, std::as_bytes(std::span(loss->errors)));
  cache_->add(name + kNorms, std::as_bytes(std::span(loss->norms)));
}

void WeightLoader::pack(const std::string& name, const operations::PackedMatrices& matrices, int64_t index,
                        operations::RowLoss* loss) {
  if (cancelled_) throw Cancelled{};
  const std::vector<int64_t> own = shape(name);
  TORCH_CHECK(own.at(0) == matrices.rows && c10::multiply_integers(own) == matrices.rows * matrices.columns, name,
              " does not have the shape of its place");
  if (!find_packed(name, matrices, index, loss)) {
    const auto rows = [&](int64_t first, int64_t count, float* out) {
      checkpoint_.read_rows(name, first, count, ElementType::f32, out);
    };
    operations::pack_matrix(matrices, index, rows, loss);
    keep_packed(name, matrices, index, loss);
  }
  bytes_held_ += operations::packed_bytes(matrices.format, 1, matrices.rows, matrices.columns);
  report(checkpoint_.info(name).bytes);
}

LinearWeights WeightLoader::load_linear(const std::string& name) {
  return {load_matrix(name + ".weight"), packing_ ? load_float32(name + ".bias") : load(name + ".bias")};
}

NormWeights WeightLoader::load_norm(const std::string& name) {
  return {load_float32(name + ".weight"), load_float32(name + ".bias")};
}

void WeightLoader::load_into(const std::string& name, const at::Tensor& destination) {
  TORCH_CHECK(destination.sizes() == at::IntArrayRef(shape(name)), name, " does not have the shape of its place");
  read(name, destination);
}

void WeightLoader::read(const std::string& name, const at::Tensor& destination) {
  if (cancelled_) throw Cancelled{};
  TORCH_CHECK(destination.is_contiguous(), name, " would be read into scattered memory");
  if (destination.is_cpu()) {
    read_by_parts(name, destination);
  } else {
    staging_.read(checkpoint_, name, element_type(destination.scalar_type()), destination);
  }
  bytes_held_ += destination.nbytes();
  report(checkpoint_.info(name).bytes);
}

// Memory is filled for the first time here: the system's work for that, and conversions, are shared, too.
void WeightLoader::read_by_parts(const std::string& name, const at::Tensor& destination) const {
  constexpr int64_t kPartBytes = 1 << 20;
  const ElementType type = element_type(destination.scalar_type());
  const int64_t rows = destination.dim() > 0 ? destination.size(0) : 0,
                bytes = static_cast<int64_t>(destination.nbytes());
  if (rows < 2 || bytes < 2 * kPartBytes) {
    checkpoint_.read(name, type, destination.mutable_data_ptr());
    return;
  }
  const int64_t row_bytes = bytes / rows, together = std::max<int64_t>(1, kPartBytes / row_bytes);
  auto* data = static_cast<std::byte*>(destination.mutable_data_ptr());
  operations::cpu::run_guarded((rows + together - 1) / together, [&](int64_t part) {
    const int64_t first = part * together, some = std::min(together, rows - first);
    checkpoint_.read_rows(name, first, some, type, data + first * row_bytes);
  });
}

void WeightLoader::report(uint64_t bytes) {
  bytes_read_ += bytes;
  const uint64_t total = std::max<uint64_t>(checkpoint_.total_bytes(), 1);
  const int percent = static_cast<int>(std::min<uint64_t>(bytes_read_ * 100 / total, 100));
  if (percent == percent_ || !progress_) return;
  percent_ = percent;
  progress_(percent, "reading weights");
}

}  // namespace deepseekocr
