// SPDX-License-Identifier: MIT
// Tensors as the kernels see them, and products that the team shares.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "kernels/kernels.h"
#include "kernels/team.h"
#include "operations/cpu/decoder.h"

namespace deepseekocr::operations::cpu {

using kernels::Bf16;
using kernels::Rows;

/// The processor's kernels; NULL: none.
const kernels::Kernels* active_kernels();

/// The calling thread's team, of as many members as set_team_size() said.  Ends with the thread.
kernels::Team& team();

template <typename T>
const kernels::TypedKernels<T>& typed_kernels();
template <>
inline const kernels::TypedKernels<float>& typed_kernels<float>() {
  return active_kernels()->f32;
}
template <>
inline const kernels::TypedKernels<Bf16>& typed_kernels<Bf16>() {
  return active_kernels()->bf16;
}

/// Calls work(T{}) with the element type that `type`, float32 or bfloat16, has in kernels.
template <typename Work>
void with_element(at::ScalarType type, const Work& work) {
  if (type == at::kFloat) {
    work(float{});
  } else {
    work(Bf16{});
  }
}

template <typename T>
const T* read_only(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}

template <typename T>
T* writable(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// A contiguous tensor's last two axes, the others folded into the rows.
template <typename T>
Rows<const T> rows_of(const at::Tensor& tensor) {
  return {read_only<T>(tensor), tensor.size(-1)};
}

/// Of (…, columns), the leading axes folded.
inline int64_t row_count(const at::Tensor& x) {
  return x.size(-1) == 0 ? 0 : x.numel() / x.size(-1);
}

/// `x` as products take it.
inline at::Tensor input_of(const at::Tensor& x) {
  return x.to(at::kFloat).contiguous();
}

/// Calls work(first input, number of inputs) for all of `count`, `part` at a time.
template <typename Work>
void for_inputs(int64_t count, int64_t part, const Work& work) {
  for (int64_t i = 0; i < count; i += part) work(i, std::min(part, count - i));
}

/// Rows of a matrix that a member of the team takes at once: long enough to be worth taking, and short enough that all
/// are busy to the end.
constexpr int64_t kPartRows = 32;

constexpr int64_t part_count(int64_t rows) {
  return (rows + kPartRows - 1) / kPartRows;
}

/// Calls work(first row, number of rows) for all parts of `rows`, by the whole team.
template <typename Work>
void for_parts(int64_t rows, const Work& work) {
  team().run(part_count(rows), [&](int64_t part) {
    const int64_t first = part * kPartRows;
    work(first, std::min(kPartRows, rows - first));
  });
}

/// Calls work(i) for each i < count, which takes about a microsecond: by the whole team only if there are many.
template <typename Work>
void for_rows(int64_t count, const Work& work) {
  constexpr int64_t kPart = 8;
  team().run((count + kPart - 1) / kPart, [&](int64_t part) {
    for (int64_t i = part * kPart; i < std::min(count, (part + 1) * kPart); ++i) work(i);
  });
}

}  // namespace deepseekocr::operations::cpu
