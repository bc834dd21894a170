/* SPDX-License-Identifier: MIT
 *
 * Control of the fake engine: what it answers and when.  A second exported function beside the engine's own; tests find
 * it with dlsym in the library that the element opened.
 */
#ifndef DEEPSEEKOCR_FAKE_ENGINE_H
#define DEEPSEEKOCR_FAKE_ENGINE_H

#include <deepseekocr/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a request asked for, as far as tests look at it. */
typedef struct {
  uint64_t number;    /**< counted from 0 since reset() */
  int32_t luma;       /**< mean of the first plane inside the area, 0..255 */
  DsocrImage image;   /**< planes are valid during the answer function only */
  const char* prompt; /**< NULL: none */
  DsocrMode mode;
  int32_t max_tiles, max_new_tokens, no_repeat_ngram_size, no_repeat_ngram_window;
  int32_t whitelist_count; /**< -1: the default list */
  uint64_t max_time;
  uint64_t stream;
  DsocrMemory memory; /**< CUDA memory is the host's in tests */
} DsocrFakeRequest;

/** What the engine answers; zeroed before the answer function is called. */
typedef struct {
  char text[512];
  DsocrFinishReason finish_reason;
  char error[256];
  DsocrRegion regions[4]; /**< strings must be static */
  size_t region_count;
  float confidence, confidence_min; /**< 0: 0.5 and 0.25 */
} DsocrFakeAnswer;

typedef void (*DsocrFakeAnswerFunction)(void* user_data, const DsocrFakeRequest* request, DsocrFakeAnswer* answer);

/** Counters since reset(). */
typedef struct {
  uint64_t opened, closed, submitted, answered, cancelled;
  uint64_t halved;  /**< pictures in CUDA memory, by halve_luma() */
  uint32_t waiting; /**< requests without an answer, of all clients */
  int32_t live;     /**< `live` of the client opened last */
  int32_t batch_size;
  int32_t idle_timeout_ms;
  int32_t kv_cache;
  char adapter_path[256]; /**< empty: none */
  char weight_cache[256]; /**< empty: none */
} DsocrFakeCounters;

typedef struct {
  /** Answers at once with the mean luma as text ("128"; nothing for 0), loads at once, forgets counters. */
  void (*reset)(void);
  /** NULL: the default answer. */
  void (*set_answer)(DsocrFakeAnswerFunction answer, void* user_data);
  /** While held, requests wait; let_through() answers the given number of the oldest. */
  void (*hold_results)(int32_t hold);
  void (*let_through)(uint32_t count);
  /** While held, models do not finish loading. */
  void (*hold_loading)(int32_t hold);
  /** Loading fails with this sentence; NULL: it succeeds. */
  void (*fail_loading)(const char* sentence);
  /** open() fails at once with this sentence; NULL: it succeeds. */
  void (*fail_open)(const char* sentence);
  /** Prompts that the model says it was trained for; empty string: any. */
  void (*set_supported_prompt)(const char* prompt);
  /** How many parameters the model says it has, from the next loading on; after reset(): as many as the official one.
   */
  void (*set_parameters)(uint64_t count);
  /** The device that models run on, whatever is asked for; after reset(): "cpu".  Static string. */
  void (*set_device)(const char* name);
  /** halve_luma() fails with this sentence; NULL: it succeeds. */
  void (*fail_halving)(const char* sentence);
  /** submit() answers BUSY when so many requests of a client wait; 0: never. */
  void (*set_queue_limit)(uint32_t limit);
  void (*get_counters)(DsocrFakeCounters* counters);
  /** Waits until so many requests were submitted since reset(), or so many wait.  No time limit: the test has one. */
  void (*wait_submitted)(uint64_t count);
  void (*wait_waiting)(uint32_t count);
  /** Every loaded model is loaded anew, as after idle_timeout_ms; fail_loading() and hold_loading() apply. */
  void (*load_again)(void);
} DsocrFakeControl;

const DsocrFakeControl* deepseekocr_fake_control(void);
typedef const DsocrFakeControl* (*DsocrFakeControlFunction)(void);
#define DSOCR_FAKE_CONTROL_SYMBOL "deepseekocr_fake_control"

#ifdef __cplusplus
}
#endif

#endif /* DEEPSEEKOCR_FAKE_ENGINE_H */
