// SPDX-License-Identifier: MIT
#include "operations/host_memory.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>
#include <c10/util/accumulate.h>
#include <sys/mman.h>

#include <cstdint>

namespace deepseekocr::operations {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

/// Memory that begins with a huge page.  Only whole ones inside it are asked for: no more is taken than was wanted.
at::Tensor in_huge_pages(at::IntArrayRef shape, at::ScalarType type, size_t bytes) {
  const size_t reserved = bytes + kHugePage;
  void* memory = ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TORCH_CHECK_WITH(OutOfMemoryError, memory != MAP_FAILED, "not enough memory for ", bytes, " bytes of weights");
  const size_t skipped = (kHugePage - reinterpret_cast<uintptr_t>(memory) % kHugePage) % kHugePage;
  auto* first = static_cast<std::byte*>(memory) + skipped;
  ::madvise(first, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish
  return at::from_blob(
      first, shape, [memory, reserved](void*) { ::munmap(memory, reserved); }, at::TensorOptions().dtype(type));
}

}  // namespace

at::Tensor empty_on_host(at::IntArrayRef shape, at::ScalarType type) {
  const size_t bytes = static_cast<size_t>(c10::multiply_integers(shape)) * at::elementSize(type);
  if (bytes < 2 * kHugePage) return at::empty(shape, at::TensorOptions().dtype(type));
  return in_huge_pages(shape, type, bytes);
}

}  // namespace deepseekocr::operations
