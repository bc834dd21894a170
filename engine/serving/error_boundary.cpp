// SPDX-License-Identifier: MIT
#include "serving/error_boundary.h"

#include <cstring>
#include <exception>
#include <new>

#include "checkpoint/error.h"

namespace deepseekocr {

DsocrError make_error(DsocrStatus status, std::string_view sentence) {
  DsocrError error{};
  error.status = status;
  size_t length = sentence.size();
  if (length >= sizeof error.message) {
    length = sizeof error.message - 1;
    // Bytes 10xxxxxx continue a character: step back to where the cut one begins.
    while (length > 0 && (static_cast<unsigned char>(sentence[length]) & 0xC0U) == 0x80U) --length;
  }
  std::memcpy(error.message, sentence.data(), length);
  return error;
}

DsocrError current_error() noexcept {
  try {
    throw;
  } catch (const EngineError& error) {
    return make_error(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return make_error(DSOCR_OUT_OF_MEMORY,
                      "The engine ran out of memory: use a smaller resolution, batch-size or precision.");
  } catch (const std::exception& error) {
    return make_error(DSOCR_INTERNAL, error.what());
  } catch (...) {
    return make_error(DSOCR_INTERNAL, "The engine failed with an exception of unknown type.");
  }
}

}  // namespace deepseekocr
