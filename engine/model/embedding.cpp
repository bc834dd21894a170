// SPDX-License-Identifier: MIT
#include "model/embedding.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

const std::string kTableName = "model.embed_tokens.weight";

}  // namespace

Embedding::Embedding(WeightLoader& loader)
    : vocabulary_(loader.shape(kTableName).at(0)), hidden_(loader.shape(kTableName).at(1)), options_(loader.options()) {
  if (loader.packs()) {
    file_ = loader.checkpoint();
    loader.leave(kTableName);
  } else {
    table_ = loader.load(kTableName);
  }
}

void Embedding::check(int32_t id) const {
  if (id >= 0 && id < vocabulary_) return;
  throw ArgumentError("Token id " + std::to_string(id) + " is outside the model's vocabulary of " +
                      std::to_string(vocabulary_) + " ids.");
}

void Embedding::read(int32_t id, float* out) const {
  check(id);
  const ElementType type = element_type_of(options_);
  if (type == ElementType::f32) {
    file_->read_rows(kTableName, id, 1, type, out);
    return;
  }
  thread_local std::vector<std::byte> row;  // kept: a step takes no memory
  row.resize(static_cast<size_t>(hidden_) * element_size(type));
  file_->read_rows(kTableName, id, 1, type, row.data());
  convert_elements(type, row.data(), ElementType::f32, out, static_cast<size_t>(hidden_));
}

at::Tensor Embedding::rows(std::span<const int32_t> ids) const {
  const auto count = static_cast<int64_t>(ids.size());
  const at::Tensor places = at::empty({count}, at::TensorOptions().dtype(at::kLong));
  auto* place = places.mutable_data_ptr<int64_t>();
  for (const int32_t id : ids) {
    check(id);
    *place++ = id;
  }
  if (!file_) return table_.index_select(0, places.to(table_.device()));
  at::Tensor rows = at::empty({count, hidden_}, options_);
  for (int64_t i = 0; i < count; ++i)
    file_->read_rows(kTableName, ids[static_cast<size_t>(i)], 1, element_type_of(options_), rows[i].mutable_data_ptr());
  return rows;
}

}  // namespace deepseekocr
