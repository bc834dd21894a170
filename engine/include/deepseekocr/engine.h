/* SPDX-License-Identifier: MIT
 *
 * The boundary between a host program (the GStreamer plugin, a service, a tool) and a DeepSeek-OCR engine.
 *
 * An engine library exports exactly one function, deepseekocr_engine_api(), which returns a table of functions for a
 * version number.  The bundled engine (LibTorch), the scriptable fake engine of the tests and a future remote engine
 * all stand behind this table.
 *
 * Rules that hold for every function and struct here
 * --------------------------------------------------
 *  - Plain C11.  No exception crosses the boundary: a failure is a DsocrStatus and one English sentence that names the
 *    file, field or value and says what to do.
 *  - Every struct that the caller fills begins with `struct_size`; set it to sizeof(struct).  Fields appended by later
 *    versions read as zero for callers that do not know them.  Zero always means "the default".
 *  - Strings are UTF-8 and NUL-terminated.  Strings that the caller passes are copied during the call.
 *  - Sizes are in pixels, times in nanoseconds (monotonic durations), probabilities as natural logarithms.
 *  - All functions of the table may be called from any thread, also from inside callbacks, and none of them but
 *    wait_unused() waits for the model: open() and close() return at once while a model loads, cancel() while a token
 * is computed.
 *  - Callbacks come from engine threads, never while an engine lock is held.  They must return soon and must not throw.
 *  - `user_data` of a callback set stays in use until its `release` callback was called; it is called exactly once,
 * last.
 */
#ifndef DEEPSEEKOCR_ENGINE_H
#define DEEPSEEKOCR_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the function table below.  Raised when an existing meaning changes; appended functions do not raise it.
 */
#define DSOCR_API_VERSION 1

typedef enum {
  DSOCR_OK = 0,
  DSOCR_INVALID_ARGUMENT = 1,   /**< a value of the caller is out of range; the sentence names it */
  DSOCR_NOT_FOUND = 2,          /**< a file or folder does not exist */
  DSOCR_INVALID_CHECKPOINT = 3, /**< a file exists but does not hold what it should */
  DSOCR_UNSUPPORTED = 4,        /**< valid, but this engine cannot do it (for example CUDA not built) */
  DSOCR_OUT_OF_MEMORY = 5,
  DSOCR_BUSY = 6,     /**< too many requests of the client wait, see max_pending: submit again after a result */
  DSOCR_CLOSED = 7,   /**< the client was closed, or its model failed to load */
  DSOCR_INTERNAL = 8, /**< a defect or a failure of the device */
} DsocrStatus;

/** One sentence about a failure; always NUL-terminated. */
typedef struct {
  DsocrStatus status;
  char message[1024];
} DsocrError;

/* ------------------------------------------------------------------------------------------------ opening */

typedef enum {
  DSOCR_PRECISION_AUTO = 0, /**< FP32 up to 500 million weights, BF16 above; INT8 for a small checkpoint that says it
                             * reads as well so ("int8_vision"), on a CPU with AVX2 or more */
  DSOCR_PRECISION_FP32 = 1,
  DSOCR_PRECISION_BF16 = 2,
  DSOCR_PRECISION_INT8 = 3, /**< the decoder's matrices in 8 bits, the vision encoder's where the checkpoint says so
                             *   ("int8_vision"), everything else as AUTO takes it; CPU only */
  DSOCR_PRECISION_INT4 = 4, /**< the same in 4 bits, lm_head in 8 */
} DsocrPrecision;

/** How keys and values of the positions before are kept between the tokens of an answer. */
typedef enum {
  DSOCR_KV_CACHE_AUTO = 0,   /**< INT8 for a large model in precision INT8 or INT4 where the processor has kernels for
                              *   it, else NATIVE */
  DSOCR_KV_CACHE_NATIVE = 1, /**< fp32 or bf16, as everything but the decoder's matrices */
  DSOCR_KV_CACHE_INT8 = 2,   /**< 8 bits, and a scale for each head's vector; on a CPU with AVX2 or more only */
} DsocrKvCache;

/** What a model is and can do.  Valid during the callback that delivers it. */
typedef struct {
  size_t struct_size;
  const char* name;      /**< `_name_or_path` of config.json, else the folder's name */
  const char* device;    /**< "cpu", "cuda:0" */
  const char* precision; /**< "fp32", "bf16", "int8", "int4" */
  uint64_t parameters;   /**< number of weights */
  uint64_t weight_bytes; /**< bytes they take in memory */
  int32_t max_positions; /**< prompt and answer together, in tokens */
  int32_t vocabulary_size;
  int32_t has_tokenizer;                /**< 0: requests must carry token ids */
  int32_t has_canvases;                 /**< 1: trained on `candidate_resolutions`; mode AUTO uses them */
  const char* default_prompt;           /**< the prompt that an empty prompt stands for */
  const char* const* supported_prompts; /**< NULL-terminated list; empty: any prompt */
} DsocrModelInfo;

/** Events of one client.  Every pointer may be NULL. */
typedef struct {
  size_t struct_size;
  void* user_data;
  /** Loading goes on: `percent` 0..100, `what` in a few words ("reading weights"). */
  void (*progress)(void* user_data, int32_t percent, const char* what);
  /** The model is ready for requests.  Called once if loading succeeds before close(), and again, after new progress(),
   *  each time that a model which was unloaded (idle_timeout_ms) has been loaded anew. */
  void (*ready)(void* user_data, const DsocrModelInfo* info);
  /** Loading failed, the first time or anew.  Called at most once, and nothing but release() after it; requests that
   *  wait get their done() with this error. */
  void (*failed)(void* user_data, const DsocrError* error);
  /** No further callback will use user_data.  Called exactly once after close(). */
  void (*release)(void* user_data);
} DsocrClientCallbacks;

/** Which model, and how this client wants to be served. */
typedef struct {
  size_t struct_size;
  const char* model_path; /**< folder with config.json, *.safetensors and, for text prompts, tokenizer.json */
  const char* device;     /**< "auto" (NULL), "cpu", "cuda:N" */
  DsocrPrecision precision;
  int32_t threads;          /**< CPU threads of the model; 0: as many as the machine allows, at most 4 */
  int32_t live;             /**< 1: this client's requests go before those of clients with 0 */
  int32_t max_pending;      /**< requests of this client that wait to be started, and ended ones whose done() has not
                             *   been called yet; submit() answers DSOCR_BUSY when there are so many; 0: 64 */
  int32_t batch_size;       /**< sequences decoded together, 1..128; the largest of the present clients counts; 0: 8 */
  int32_t batch_timeout_ms; /**< how long a first request that is not live may wait for company, at most 60000; the
                             *   smallest of the present clients counts; 0: not at all */
  DsocrClientCallbacks callbacks;
  /* Appended after version 1 of the struct. */
  int32_t idle_timeout_ms;  /**< after so long without a request the weights are freed; the next request loads them
                             *   again.  The longest of the present clients counts; 0: never, longer than any other */
  const char* adapter_path; /**< folder of a LoRA adapter in PEFT's layout (adapter_config.json and
                             *   adapter_model.safetensors), merged into the weights while they load; NULL or empty:
                             *   none */
  const char* weight_cache; /**< folder for files of packed weights: a model in int8 or int4 is packed once and read
                             *   from there from then on.  Made if it is missing; where it cannot be used, the model
                             *   loads without it and progress() says why.  Of clients that share a model the first
                             *   one's counts; NULL or empty: none */
  DsocrKvCache kv_cache;
} DsocrOpenOptions;

/** One user of a model.  Clients with equal (model_path, adapter_path, device, precision, threads, kv_cache) share the
 *  model and its weights; the paths are compared with their links resolved, the others as they were given ("auto" and
 *  "cpu" differ). */
typedef struct DsocrClient DsocrClient;

/* ------------------------------------------------------------------------------------------------ requests */

typedef enum {
  DSOCR_FORMAT_RGB = 1,
  DSOCR_FORMAT_BGR = 2,
  DSOCR_FORMAT_RGBA = 3, /**< alpha is ignored, as Pillow's convert("RGB") does */
  DSOCR_FORMAT_BGRA = 4,
  DSOCR_FORMAT_RGBX = 5,
  DSOCR_FORMAT_BGRX = 6,
  DSOCR_FORMAT_GRAY8 = 7,
  DSOCR_FORMAT_NV12 = 8,
  DSOCR_FORMAT_NV21 = 9,
  DSOCR_FORMAT_I420 = 10,
  DSOCR_FORMAT_YUY2 = 11,
  DSOCR_FORMAT_P010 = 12, /**< NV12 with samples of 16 bits, little endian, of which the upper 8 are read */
} DsocrPixelFormat;

typedef enum { DSOCR_MATRIX_BT601 = 0, DSOCR_MATRIX_BT709 = 1, DSOCR_MATRIX_BT2020 = 2 } DsocrColorMatrix;
typedef enum { DSOCR_RANGE_LIMITED = 0, DSOCR_RANGE_FULL = 1 } DsocrColorRange;

/** Where the chroma samples of NV12, NV21 and YUY2 lie among the luma samples of their block. */
typedef enum {
  DSOCR_CHROMA_CENTER = 0,   /**< between columns and rows (JPEG, MPEG-1; also where the place is unknown) */
  DSOCR_CHROMA_LEFT = 1,     /**< in the left column, between rows (MPEG-2, H.264) */
  DSOCR_CHROMA_TOP = 2,      /**< between columns, in the upper row */
  DSOCR_CHROMA_TOP_LEFT = 3, /**< in the left column and the upper row (BT.2020) */
} DsocrChromaSite;

typedef struct {
  int32_t x, y, width, height; /**< pixels; width 0: everything */
} DsocrRect;

/** Where the planes of a picture lie. */
typedef enum {
  DSOCR_MEMORY_HOST = 0,
  /** Addresses of the CUDA device that the model runs on, in whichever context; what writes them has ended.  They are
   *  read there and never pass through the host. */
  DSOCR_MEMORY_CUDA = 1,
} DsocrMemory;

/** A picture.  Chroma planes of odd sizes are rounded up. */
typedef struct {
  size_t struct_size;
  DsocrPixelFormat format;
  int32_t width, height;    /**< 1..32768 each, at most 2^28 pixels */
  const uint8_t* planes[3]; /**< first byte of each plane; unused ones NULL */
  int32_t strides[3];       /**< bytes from row to row, at least the row's bytes */
  DsocrColorMatrix matrix;  /**< YUV formats only */
  DsocrColorRange range;    /**< YUV formats and GRAY8 */
  DsocrChromaSite chroma_site;
  DsocrRect area; /**< the part that is read; boxes still refer to the whole picture */
  /** Called once when the pixels are no longer needed, from any thread.  NULL: submit() copies them, which it does with
   *  host memory alone. */
  void (*release)(void* release_data);
  void* release_data;
} DsocrImage;

typedef enum {
  DSOCR_MODE_AUTO = 0, /**< the checkpoint's canvases where it has them, else GUNDAM */
  DSOCR_MODE_TINY = 1,
  DSOCR_MODE_SMALL = 2,
  DSOCR_MODE_BASE = 3,
  DSOCR_MODE_LARGE = 4,
  DSOCR_MODE_GUNDAM = 5,
} DsocrMode;

typedef enum {
  DSOCR_FINISH_STOP = 0,       /**< the model ended its answer */
  DSOCR_FINISH_LENGTH = 1,     /**< max_new_tokens or the model's positions were reached */
  DSOCR_FINISH_REPETITION = 2, /**< a loop was detected; the text is cut behind its first period */
  DSOCR_FINISH_TIMEOUT = 3,    /**< max_time was reached */
  DSOCR_FINISH_CANCELLED = 4,
  DSOCR_FINISH_ERROR = 5, /**< see DsocrResult.error */
} DsocrFinishReason;

/** What a box holds: the fixed set that labels of grounded answers are mapped to. */
typedef enum {
  DSOCR_REGION_TEXT = 0,
  DSOCR_REGION_TITLE = 1,
  DSOCR_REGION_TABLE = 2,
  DSOCR_REGION_IMAGE = 3,
  DSOCR_REGION_OTHER = 4,
} DsocrRegionKind;

typedef struct {
  DsocrRegionKind kind;
  const char* label; /**< as the model wrote it: a layout label, or the text of a line ("OCR this image") */
  const char* text;  /**< the content that belongs to the box; may be empty */
  DsocrRect box;     /**< pixels of the whole picture, clipped to it; x, y inclusive, width and height may be 0 */
} DsocrRegion;

/** Durations of one request in nanoseconds. */
typedef struct {
  uint64_t queued;     /**< from submit() to the first work */
  uint64_t preprocess; /**< pixels to views */
  uint64_t vision;
  uint64_t prefill;
  uint64_t decode;
  uint64_t total; /**< from submit() to done() */
} DsocrTimings;

/** A line of the answer and how sure the model was of its tokens. */
typedef struct {
  const char* text;                      /**< without grounding tags, never empty */
  float confidence_mean, confidence_min; /**< token probability, 0..1 */
} DsocrLine;

/** The outcome of one request; engine-owned, valid during done(). */
typedef struct {
  size_t struct_size;
  uint64_t request_id;
  DsocrFinishReason finish_reason;
  const DsocrError* error;        /**< NULL unless finish_reason is ERROR */
  const char* text;               /**< as generated, special tokens kept, valid UTF-8 (U+FFFD for broken bytes) */
  const char* plain_text;         /**< without grounding tags */
  const char* markdown;           /**< clean Markdown: tags resolved, pictures as links, tables in place */
  int32_t invalid_utf8;           /**< 1: broken bytes were replaced */
  const int32_t* ids;             /**< generated ids, end-of-sequence not included; token_count of them */
  const float* log_probabilities; /**< of each generated id, before bans; token_count of them */
  const float* margins;           /**< best minus second logit after bans, in standard deviations of the raw logits */
  size_t token_count;
  const DsocrRegion* regions;
  size_t region_count;
  int32_t prompt_tokens; /**< all, image tokens included */
  int32_t image_tokens;
  int32_t canvas_width, canvas_height; /**< the global view */
  int32_t tile_columns, tile_rows;     /**< 0, 0: no tiles */
  float confidence_mean;               /**< mean token probability, 0..1; 0 without tokens */
  float confidence_min;
  DsocrTimings timings;
  const DsocrLine* lines; /**< of the text, from top to bottom */
  size_t line_count;
} DsocrResult;

typedef struct {
  size_t struct_size;
  void* user_data;
  /** New text, whole UTF-8 characters, in order; together the pieces are DsocrResult.text.  With finish reason
   *  REPETITION they are longer: that text begins the same, but is cut, and what was streamed cannot be taken back.
   *  May be NULL. */
  void (*text)(void* user_data, uint64_t request_id, const char* piece);
  /** The request ended, however.  Called exactly once for each request that submit() accepted. */
  void (*done)(void* user_data, const DsocrResult* result);
  /** No further callback will use user_data.  Called exactly once, after done().  May be NULL. */
  void (*release)(void* user_data);
} DsocrRequestCallbacks;

/** One reading of one picture. */
typedef struct {
  size_t struct_size;
  DsocrImage image;
  DsocrMode mode;
  int32_t max_tiles;  /**< gundam: 2..9 tiles at most (vLLM uses 6); 0: 9 */
  const char* prompt; /**< text; NULL or empty: the model's default.  "<image>\n" is put before it if missing */
  const int32_t* ids_before_image; /**< instead of `prompt`: ids with BOS; used if ids_after_image is not NULL */
  size_t ids_before_image_count;
  const int32_t* ids_after_image;
  size_t ids_after_image_count;
  int32_t max_new_tokens;         /**< 0: what fits the model's positions */
  int32_t ignore_eos;             /**< 1: end-of-sequence does not stop (comparisons) */
  int32_t no_repeat_ngram_size;   /**< 0: default 30; negative: off; else >= 2 */
  int32_t no_repeat_ngram_window; /**< negative: default 90; 0: the classic rule over prompt and answer; else tokens */
  const int32_t*
      ngram_whitelist; /**< ids that are never banned; NULL: `<td>` and `</td>` where the tokenizer has them */
  size_t ngram_whitelist_count;
  int32_t loop_guard; /**< negative: off; 0: on (cut text that repeats, finish reason REPETITION) */
  uint64_t max_time;  /**< nanoseconds from the start of the work; 0: none */
  DsocrRequestCallbacks callbacks;
  /* Appended after version 1 of the struct. */
  /** Pictures that show much the same one after the other, as those of a video, have one number: the answer to one is
   *  taken as a draft of the answer to the next, and verified at once instead of being written id by id.  What is
   *  answered does not depend on it, up to rounding.  The newest 64 numbers of a client are remembered, until all its
   *  requests are cancelled.  0: no draft. */
  uint64_t stream;
  /** Of `image`.  A model on another device than the picture's answers DSOCR_UNSUPPORTED. */
  DsocrMemory image_memory;
} DsocrRequest;

/** Median and 95th percentile of a duration, nanoseconds; 0 where nothing was measured. */
typedef struct {
  uint64_t p50, p95;
} DsocrPercentiles;

/** Counters of one client since open(). */
typedef struct {
  size_t struct_size;
  uint64_t submitted, finished, cancelled, failed;
  uint64_t tokens;   /**< generated */
  uint64_t steps;    /**< decode steps this client took part in */
  double mean_batch; /**< mean number of sequences of those steps, other clients' included */
  uint32_t waiting;  /**< requests not started */
  uint32_t running;
  /* Appended after version 1 of the struct. */
  uint64_t period_loops;    /**< answers cut because the same few tokens came again and again */
  uint64_t advancing_loops; /**< answers cut because a block came again and again while its numbers counted on */
  uint64_t ngram_bans;      /**< steps at which the no-repeat n-gram rule forbade a token; it prevents, never cuts */
  double tokens_per_second; /**< of this client's sequences together, over the decode steps it took part in; 0: none */
  /** Of the last 256 requests that ended with text, by the durations of DsocrTimings. */
  DsocrPercentiles queued, preprocess, vision, prefill, decode, total;
  uint64_t model_loads;    /**< times that the engine which serves this client has loaded its weights */
  int32_t model_loaded;    /**< 1: the weights are in memory */
  uint64_t draft_tokens;   /**< of drafts that were verified, see DsocrRequest.stream */
  uint64_t draft_accepted; /**< of these, tokens that the answers then had */
} DsocrStats;

/** The function table.  Obtain it once; it is static. */
typedef struct {
  uint32_t version;        /**< DSOCR_API_VERSION of the library */
  size_t struct_size;      /**< sizeof the table in the library */
  const char* description; /**< "LibTorch 2.11.0", "fake" */

  /** Attaches a client.  Checks only that model_path and adapter_path exist, and returns at once; loading goes
   *  on in the background and is shared with other clients of the same model.  On success *client is owned by the
   * caller: close() it. On failure callbacks.release is called before open() returns. */
  DsocrStatus (*open)(const DsocrOpenOptions* options, DsocrClient** client, DsocrError* error);

  /** Cancels the client's requests and detaches it.  Returns at once; outstanding done() and release() calls still
   *  come, from engine threads.  The model is unloaded when its last client is gone.  NULL is allowed. */
  void (*close)(DsocrClient* client);

  /** Queues a request.  On success its id (> 0) is stored and done() will be called exactly once; on failure no
   *  callback but the two release functions is called, before submit() returns.  Requests may be submitted while the
   *  model loads. */
  DsocrStatus (*submit)(DsocrClient* client, const DsocrRequest* request, uint64_t* request_id, DsocrError* error);

  /** Asks a request to end: at the next token or vision layer its done() comes with finish reason CANCELLED.  Unknown
   *  or finished ids are ignored.  id 0: all requests of the client, whose streams are then forgotten. */
  void (*cancel)(DsocrClient* client, uint64_t request_id);

  void (*get_stats)(DsocrClient* client, DsocrStats* stats);

  /** Waits until engines without clients have ended their threads: at most one token, vision layer or piece of a file.
   *  The one function that waits; call it after the last close() and before the process exits, because a thread that
   *  still works then would meet destroyed objects of the model library.  Inside a callback it returns at once.
   *  NULL where the engine has nothing to wait for. */
  void (*wait_unused)(void);

  /* Appended after version 1 of the table. */

  /** What a model would run on that open() is asked to run on `device`, without opening one: "cpu", "cuda:0".  The
   *  first call for another device than "cpu" may take a second.  Any thread.
   *  @param device, precision  as in DsocrOpenOptions
   *  @param name  gets it, NUL-terminated; 16 bytes are enough
   *  @return DSOCR_UNSUPPORTED or DSOCR_NOT_FOUND where open() would fail for the device's sake */
  DsocrStatus (*find_device)(const char* device, DsocrPrecision precision, char* name, size_t name_size,
                             DsocrError* error);

  /** Brightness of a picture's area at half its size, for telling whether it shows anything new: height / 2 rows of
   *  width / 2 bytes, each the mean of 2×2 pixels; an odd last row or column is left out.  Brightness is the luma
   *  of YUV formats, else a quarter of red and blue and a half of green.  Waits for the device.  Any thread;
   *  `image->release` is not called.
   *  @param out  host memory, rows `stride` bytes apart */
  DsocrStatus (*halve_luma)(const DsocrImage* image, DsocrMemory memory, uint8_t* out, int32_t stride,
                            DsocrError* error);
} DsocrEngineApi;

/** The only exported function of an engine library.
 *  @param version  DSOCR_API_VERSION that the caller was built with.
 *  @return the table, or NULL if the library does not speak that version. */
const DsocrEngineApi* deepseekocr_engine_api(uint32_t version);
typedef const DsocrEngineApi* (*DsocrEngineApiFunction)(uint32_t version);
#define DSOCR_ENGINE_API_SYMBOL "deepseekocr_engine_api"

#ifdef __cplusplus
}
#endif

#endif /* DEEPSEEKOCR_ENGINE_H */
