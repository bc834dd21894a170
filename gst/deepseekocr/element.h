// SPDX-License-Identifier: MIT
// What the files of the element share: the instance and the C++ part that it owns.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>

#include "deepseekocr/engine_client.h"
#include "deepseekocr/gate/auto_area.h"
#include "deepseekocr/gate/frame_gate.h"
#include "deepseekocr/gate/sharpest_window.h"
#include "deepseekocr/gstdeepseekocr.h"
#include "deepseekocr/session.h"
#include "deepseekocr/settings.h"
#include "deepseekocr/text_stream.h"

GST_DEBUG_CATEGORY_EXTERN(gst_deepseek_ocr_debug);
#define GST_CAT_DEFAULT gst_deepseek_ocr_debug

namespace deepseekocr::plugin {

class LoadReporter;

/// Owned by the streaming thread (the sink pad's stream lock).
struct SinkState {
  GstSegment segment;
  GstVideoInfo info;
  bool has_caps = false, caps_refused = false;
  bool policy_due = true; /**< the next frame decides how frames are handled */
  bool exact = false, newest = false, live = false;
  uint64_t frame_number = 0;
  FrameGate gate;
  AutoArea auto_area;
  std::vector<RegionOfInterest> regions_read; /**< inference-region=roi-list: of the last frame judged kRead */
  SharpestWindow window;                      /**< sharpest-of: the frames that are being collected */
  std::optional<Submission> sharpest;         /**< the sharpest of them */
  uint64_t settings_revision = 0;             /**< of the settings that the gate's last reading was asked for with */
  bool area_reported = false;                 /**< the area was found wanting for these caps */
  uint32_t seek_seqnum = 0;
};

/// The C++ part of the element.
struct Element {
  // Guarded by the object lock.
  Settings settings;
  std::shared_ptr<Session> session;     /**< from READY→PAUSED to PAUSED→READY */
  std::shared_ptr<EngineClient> client; /**< from NULL→READY to READY→NULL */
  std::shared_ptr<LoadReporter> loading;
  const DsocrEngineApi* api = nullptr;
  std::string area_error, whitelist_error; /**< of a value that was set and not understood */
  guint32 last_seek_seqnum = GST_SEQNUM_INVALID;

  SinkState sink;
  TextStream text; /**< owned by the text pad's task */
};

}  // namespace deepseekocr::plugin

struct _GstDeepseekOcr {
  GstElement parent;
  GstPad* sink_pad;
  GstPad* video_pad;
  GstPad* text_pad;
  deepseekocr::plugin::Element* impl; /**< made in init, deleted in finalize */
};

namespace deepseekocr::plugin {

// Copies under the object lock.
Settings copy_settings(GstDeepseekOcr* self);
std::shared_ptr<Session> session_of(GstDeepseekOcr* self);
std::shared_ptr<EngineClient> client_of(GstDeepseekOcr* self);

// properties.cpp
void install_properties(GObjectClass* object_class);

// sink_pad.cpp, sink_events.cpp
GstFlowReturn sink_chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
/// Admits a frame and hands it to the engine.  @return false: stopped.
bool admit_frame(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, Submission submission);
gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query);
GstIterator* sink_internal_links(GstPad* pad, GstObject* parent);
/// Whether upstream is live, by a LATENCY query.
bool is_upstream_live(GstDeepseekOcr* self);
/// Asks for everything in flight to end; waits for nothing.
void abandon_work(GstDeepseekOcr* self);

// source_pads.cpp
gboolean video_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active);
gboolean text_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active);
gboolean source_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean source_query(GstPad* pad, GstObject* parent, GstQuery* query);
void start_tasks(GstDeepseekOcr* self);
void pause_tasks(GstDeepseekOcr* self);

// loading.cpp
/// NULL→READY: opens the engine library and a client.  @return false: one ERROR was posted.
bool open_engine(GstDeepseekOcr* self);
/// Opens the client anew where properties or live-ness changed since.  @return false: one ERROR was posted.
bool refresh_client(GstDeepseekOcr* self, bool live);
/// READY→NULL.  Returns at once.  @return the client that was closed, NULL if there was none
std::shared_ptr<EngineClient> close_engine(GstDeepseekOcr* self);
/// One WARNING where the model was not trained for the prompt that is set.
void check_prompt(GstDeepseekOcr* self);

// stats.cpp
GstStructure* make_stats(GstDeepseekOcr* self);

}  // namespace deepseekocr::plugin
