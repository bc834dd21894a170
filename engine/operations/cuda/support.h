// SPDX-License-Identifier: MIT
// Whether this process can compute on CUDA, and the libraries that it takes: the driver, LibTorch's CUDA part and our
// kernels are opened when somebody asks for the first time, never before.
#pragma once

#include <string>

#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

struct Support {
  const Library* library = nullptr;  ///< our kernels; never NULL where `complaint` is empty
  int devices = 0;                   ///< how many there are
  std::string complaint;             ///< why CUDA cannot be used, one clause; empty: it can
};

/// Opens what is needed at the first call; may be called from several threads.  The libraries stay for good.
///
/// LibTorch remembers for ever that it has no CUDA if it was asked before its CUDA part was loaded, so the engine asks
/// here and nowhere else.
const Support& support();

/// The device's properties.  @throws EngineError if CUDA refuses
DeviceProperties device_properties(int device);

/// @throws EngineError(DSOCR_INTERNAL) with what the library said, if anything
void check(const char* complaint);

}  // namespace deepseekocr::cuda
