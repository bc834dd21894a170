// SPDX-License-Identifier: MIT
// Checks and copies what callers of the C boundary pass.
#pragma once

#include <deepseekocr/engine.h>

#include <memory>
#include <string>

#include "serving/client.h"
#include "serving/engine.h"
#include "serving/request.h"

namespace deepseekocr {

/// A caller's struct as this library knows it: fields that the caller does not know are zero.
/// @throws ArgumentError if struct_size is smaller than version 1 of the struct
DsocrOpenOptions read_options(const DsocrOpenOptions& options);
DsocrRequest read_request(const DsocrRequest& request);

/// The picture and memory of halve_luma(), checked.
/// @throws ArgumentError
DsocrImage read_image(const DsocrImage& image, DsocrMemory memory);

/// "auto", "cpu", "cuda:N"; NULL and "" are "auto", "cuda" is "cuda:0".
/// @throws ArgumentError for anything else
std::string read_device(const char* device);

/// @throws ArgumentError for a number that is none
DsocrPrecision read_precision(DsocrPrecision precision);

/// Which engine the options mean.
/// @throws EngineError DSOCR_NOT_FOUND if model_path or adapter_path is no folder, DSOCR_INVALID_ARGUMENT for a bad
/// device or precision
ModelKey model_key(const DsocrOpenOptions& options);

/// @throws ArgumentError naming the option
std::shared_ptr<Client> make_client(const DsocrOpenOptions& options);

/// Everything of a request but the picture.
/// @throws ArgumentError naming the field
RequestSpec make_spec(const DsocrRequest& request);

}  // namespace deepseekocr
