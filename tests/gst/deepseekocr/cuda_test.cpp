// SPDX-License-Identifier: MIT
// Frames in CUDA memory: which memory they are read in, and which context the pipeline is offered.
#include <dlfcn.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "fake_gst_cuda.h"
#include "label_frames.h"

namespace deepseekocr::test {
namespace {

constexpr const char* kCudaCaps = "video/x-raw(memory:CUDAMemory),format=NV12,width=320,height=160,framerate=10/1";
constexpr const char* kContextType = "gst.cuda.context";
constexpr int kLabelWidth = 320, kLabelHeight = 160;

const FakeCudaControl& fake_cuda() {
  static const FakeCudaControl* control = [] {
    void* library = dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void* symbol = library != nullptr ? dlsym(library, FAKE_CUDA_CONTROL_SYMBOL) : nullptr;
    if (symbol == nullptr) g_error("LD_LIBRARY_PATH must name the fake CUDA library; run the tests with meson test");
    return reinterpret_cast<FakeCudaControlFunction>(symbol)();
  }();
  return *control;
}

/// In which memory each request's picture lay.
class Memories {
 public:
  static void answer(void* self, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
    auto* memories = static_cast<Memories*>(self);
    {
      const std::lock_guard lock(memories->mutex_);
      memories->all_.push_back(request->memory);
    }
    answer_number(nullptr, request, answer);
  }
  std::vector<DsocrMemory> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::vector<DsocrMemory> all_;
};

/// The model runs on CUDA device 0.
class Cuda : public LabelTest {
 protected:
  void SetUp() override {
    LabelTest::SetUp();
    fake_cuda().reset();
    fake().set_device("cuda:0");
    fake().set_answer(Memories::answer, &memories_);
  }
  Memories memories_;
};

/// A frame of kCudaCaps that shows `picture` in grey.
GstBuffer* cuda_frame(const Picture& picture, guint64 index) {
  constexpr gsize kSize = gsize{kLabelWidth} * kLabelHeight * 3 / 2;
  GstBuffer* buffer = fake_cuda().make_buffer(kSize);
  GstMapInfo map;
  gst_buffer_map(buffer, &map, GST_MAP_WRITE);
  std::memset(map.data, 128, kSize);
  for (int y = 0; y < kLabelHeight; ++y)
    for (int x = 0; x < kLabelWidth; ++x) map.data[y * kLabelWidth + x] = picture.at(x, y);
  gst_buffer_unmap(buffer, &map);
  GST_BUFFER_PTS(buffer) = index * kFrame;
  GST_BUFFER_DURATION(buffer) = kFrame;
  return buffer;
}

/// Pushes label, the same label, nothing, and the label again; what their making cost does not count.
void push_label_frames(Ocr& ocr) {
  std::vector<GstBuffer*> frames = {cuda_frame(label(), 0), cuda_frame(label(), 1),
                                    cuda_frame({kLabelWidth, kLabelHeight, 235}, 2), cuda_frame(label(), 3)};
  fake_cuda().reset();
  for (GstBuffer* frame : frames) EXPECT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
}

std::vector<Message> messages_of(Ocr& ocr, GstMessageType types) {
  std::vector<Message> messages;
  while (Message message = ocr.pop_message(types)) messages.push_back(std::move(message));
  return messages;
}

struct ContextUnref {
  void operator()(GstContext* context) const { gst_context_unref(context); }
};
using Context = std::unique_ptr<GstContext, ContextUnref>;

/// What an element answers to a neighbour that asks for its context.
Context asked_context(GstPad* pad) {
  GstQuery* query = gst_query_new_context(kContextType);
  GstContext* context = nullptr;
  if (gst_pad_query(pad, query)) {
    gst_query_parse_context(query, &context);
    if (context != nullptr) gst_context_ref(context);
  }
  gst_query_unref(query);
  return Context(context);
}

// ------------------------------------------------------------------------------------------------ frames

TEST_F(Cuda, CudaMemoryIsOfferedFirst) {
  Ocr ocr("", false, nullptr);
  GstPad* pad = gst_element_get_static_pad(ocr.element, "sink");
  const Caps caps(gst_pad_get_pad_template_caps(pad));
  gst_object_unref(pad);
  ASSERT_EQ(gst_caps_get_size(caps.get()), 2u);
  EXPECT_TRUE(gst_caps_features_contains(gst_caps_get_features(caps.get(), 0), "memory:CUDAMemory"));
  EXPECT_TRUE(gst_caps_features_contains(gst_caps_get_features(caps.get(), 1), "memory:SystemMemory"));
}

TEST_F(Cuda, FramesAreLookedAtAndReadWhereTheyLie) {
  Ocr ocr("", false, kCudaCaps);
  push_label_frames(ocr);
  EXPECT_EQ(video_texts(ocr, 4), (Texts{"read 0", "read 0", "-", "read 1"}));
  EXPECT_EQ(memories_.all(), (std::vector{DSOCR_MEMORY_CUDA, DSOCR_MEMORY_CUDA}));
  EXPECT_EQ(ocr.stat("skipped-unchanged"), 1u);
  EXPECT_EQ(ocr.stat("skipped-blank"), 1u);
  EXPECT_EQ(ocr.stat("host-copies"), 0u);
  EXPECT_EQ(fake_cuda().counters().host_maps, 0u);
  EXPECT_GE(fake_cuda().counters().waits, 6u);  // four looks and two readings
  DsocrFakeCounters counters{};
  fake().get_counters(&counters);
  EXPECT_EQ(counters.halved, 4u);
}

TEST_F(Cuda, FramesLeaveInTheMemoryThatTheyCameIn) {
  Ocr ocr("", false, kCudaCaps);
  GstBuffer* frame = cuda_frame(label(), 0);
  GstMemory* memory = gst_buffer_peek_memory(frame, 0);
  gst_harness_push(ocr.video, frame);
  const Buffer out = ocr.pull_video();
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), memory);
  const Caps caps(gst_pad_get_current_caps(ocr.video->sinkpad));
  EXPECT_TRUE(gst_caps_features_contains(gst_caps_get_features(caps.get(), 0), "memory:CUDAMemory"));
}

TEST_F(Cuda, AModelOnTheProcessorReadsCopies) {
  fake().set_device("cpu");
  Ocr ocr("", false, kCudaCaps);
  push_label_frames(ocr);
  EXPECT_EQ(video_texts(ocr, 4), (Texts{"read 0", "read 0", "-", "read 1"}));
  EXPECT_EQ(memories_.all(), (std::vector{DSOCR_MEMORY_HOST, DSOCR_MEMORY_HOST}));
  EXPECT_EQ(ocr.stat("host-copies"), 6u);  // four looks and two readings
  EXPECT_EQ(fake_cuda().counters().device_maps, 0u);
}

TEST_F(Cuda, FramesInSystemMemoryAreReadThere) {
  Ocr ocr("", false, kLabelCaps);
  gst_harness_push(ocr.video, frame_of(label(), 0));
  EXPECT_EQ(video_texts(ocr, 1), (Texts{"read 0"}));
  EXPECT_EQ(memories_.all(), std::vector{DSOCR_MEMORY_HOST});
  EXPECT_EQ(ocr.stat("host-copies"), 0u);
}

TEST_F(Cuda, GroupsAreTrackedWhereTheFramesLie) {
  Ocr ocr("text-timing=group", false, kCudaCaps);
  push_label_frames(ocr);
  ocr.push_event(gst_event_new_eos());
  EXPECT_EQ(video_texts(ocr, 4).at(2), "-");
  EXPECT_EQ(ocr.stat("groups"), 2u);
  EXPECT_EQ(fake_cuda().counters().host_maps, 0u);
}

TEST_F(Cuda, TheAreaIsReadWhereTheFrameLies) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("area=16,32,200,100", false, kCudaCaps);
  gst_harness_push(ocr.video, cuda_frame(label(), 0));
  EXPECT_EQ(video_texts(ocr, 1), (Texts{"16,32 200x100"}));
}

TEST_F(Cuda, FramesThatCannotBeLookedAtAreReadAndToldOfOnce) {
  fake().fail_halving("the device is busy");
  Ocr ocr("", false, kCudaCaps);
  push_label_frames(ocr);
  EXPECT_EQ(video_texts(ocr, 4), (Texts{"read 0", "read 1", "read 2", "read 3"}));
  const auto warnings = messages_of(ocr, GST_MESSAGE_WARNING);
  ASSERT_EQ(warnings.size(), 1u);
  g_autoptr(GError) error = nullptr;
  gst_message_parse_warning(warnings[0].get(), &error, nullptr);
  EXPECT_NE(std::string(error->message).find("the device is busy"), std::string::npos) << error->message;
}

TEST_F(Cuda, MemoryThatIsNotWhatTheCapsSayIsRefused) {
  Ocr ocr("post-messages=true", false, kCudaCaps);
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, gsize{kLabelWidth} * kLabelHeight * 3 / 2, nullptr);
  GST_BUFFER_PTS(frame) = 0;
  gst_harness_push(ocr.video, frame);
  EXPECT_EQ(video_texts(ocr, 1), (Texts{"-"}));
  EXPECT_EQ(ocr.stat("finish-error"), 1u);
  EXPECT_TRUE(memories_.all().empty());
}

// ------------------------------------------------------------------------------------------------ the context

TEST_F(Cuda, ThePrimaryContextIsOffered) {
  {
    Ocr ocr("", false, kCudaCaps);
    const auto offers = messages_of(ocr, GST_MESSAGE_HAVE_CONTEXT);
    ASSERT_EQ(offers.size(), 1u);
    GstContext* offered = nullptr;
    gst_message_parse_have_context(offers[0].get(), &offered);
    EXPECT_STREQ(gst_context_get_context_type(offered), kContextType);
    for (const char* name : {"sink", "src"}) {
      GstPad* pad = gst_element_get_static_pad(ocr.element, name);
      EXPECT_EQ(asked_context(pad).get(), offered) << name;
      gst_object_unref(pad);
    }
    EXPECT_EQ(fake_cuda().counters().contexts, 1);
    gst_context_unref(offered);
  }
  EXPECT_EQ(fake_cuda().counters().contexts, 0);
}

TEST_F(Cuda, ElementsOfferOneContext) {
  Ocr first("", false, kCudaCaps), second("", false, kCudaCaps);
  EXPECT_EQ(fake_cuda().counters().contexts, 1);
}

TEST_F(Cuda, NoContextIsOfferedWithoutCuda) {
  fake().set_device("cpu");
  Ocr ocr("", false, kCudaCaps);
  EXPECT_TRUE(messages_of(ocr, GST_MESSAGE_HAVE_CONTEXT).empty());
  EXPECT_EQ(fake_cuda().counters().contexts, 0);
}

/// A bin that was given a context, with the element in it.
class GivenContext {
 public:
  explicit GivenContext(int device) : context_(fake_cuda().make_context(device)) {
    gst_object_ref_sink(bin_);
    gst_bin_add(GST_BIN(bin_), ocr_);
    gst_element_set_context(bin_, context_);
    gst_element_set_state(bin_, GST_STATE_READY);
  }
  ~GivenContext() {
    gst_element_set_state(bin_, GST_STATE_NULL);
    gst_object_unref(bin_);
    gst_context_unref(context_);
  }
  GivenContext(const GivenContext&) = delete;
  GivenContext& operator=(const GivenContext&) = delete;

  GstContext* context() const { return context_; }
  Context asked() const {
    GstPad* pad = gst_element_get_static_pad(ocr_, "sink");
    Context context = asked_context(pad);
    gst_object_unref(pad);
    return context;
  }

 private:
  GstContext* context_;
  GstElement* bin_ = gst_bin_new(nullptr);
  GstElement* ocr_ = gst_element_factory_make("deepseekocr", nullptr);
};

TEST_F(Cuda, AContextThatIsThereIsTaken) {
  const GivenContext given(0);
  EXPECT_EQ(given.asked().get(), given.context());
  EXPECT_EQ(fake_cuda().counters().contexts, 1);
}

TEST_F(Cuda, AContextOfAnotherDeviceIsNot) {
  const GivenContext given(1);
  const Context asked = given.asked();
  EXPECT_NE(asked, nullptr);
  EXPECT_NE(asked.get(), given.context());
  EXPECT_EQ(fake_cuda().counters().contexts, 2);
}

// ------------------------------------------------------------------------------------------------ allocation

TEST_F(Cuda, APoolOfItsContextIsProposed) {
  Ocr ocr("", false, kCudaCaps);
  const Caps caps(gst_caps_from_string(kCudaCaps));
  GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
  ASSERT_TRUE(gst_pad_peer_query(ocr.video->srcpad, query));
  EXPECT_TRUE(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr));
  ASSERT_EQ(gst_query_get_n_allocation_pools(query), 1u);
  GstBufferPool* pool = nullptr;
  guint size = 0;
  gst_query_parse_nth_allocation_pool(query, 0, &pool, &size, nullptr, nullptr);
  EXPECT_EQ(size, 320u * 160 * 3 / 2);
  gst_buffer_pool_set_active(pool, TRUE);
  GstBuffer* frame = nullptr;
  ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool, &frame, nullptr), GST_FLOW_OK);
  GST_BUFFER_PTS(frame) = 0;
  gst_harness_push(ocr.video, frame);
  EXPECT_EQ(video_texts(ocr, 1), (Texts{"-"}));  // a black frame
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
  gst_query_unref(query);
}

TEST_F(Cuda, NothingIsProposedForSystemMemory) {
  Ocr ocr("", false, kLabelCaps);
  const Caps caps(gst_caps_from_string(kLabelCaps));
  GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
  gst_pad_peer_query(ocr.video->srcpad, query);
  EXPECT_EQ(gst_query_get_n_allocation_pools(query), 0u);
  gst_query_unref(query);
}

}  // namespace
}  // namespace deepseekocr::test
