// SPDX-License-Identifier: MIT
// What the files of the element share: the instance and the C++ part that it owns.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>

#include "deepseekocr/cuda/cuda_context.h"
#include "deepseekocr/engine_client.h"
#include "deepseekocr/frame_access.h"
#include "deepseekocr/gate/auto_area.h"
#include "deepseekocr/gate/frame_gate.h"
#include "deepseekocr/gate/sharpest_window.h"
#include "deepseekocr/gstdeepseekocr.h"
#include "deepseekocr/metadata.h"
#include "deepseekocr/periodic_thread.h"
#include "deepseekocr/pool_check.h"
#include "deepseekocr/session.h"
#include "deepseekocr/settings.h"
#include "deepseekocr/text_stream.h"
#include "deepseekocr/timing/delay_monitor.h"
#include "deepseekocr/timing/group_tracker.h"
#include "deepseekocr/timing/live_ticker.h"

GST_DEBUG_CATEGORY_EXTERN(gst_deepseek_ocr_debug);
#define GST_CAT_DEFAULT gst_deepseek_ocr_debug

namespace deepseekocr::plugin {

class LoadReporter;

/// What decides where a model runs, as the properties have it.
struct DeviceChoice {
  std::string device;
  DsocrPrecision precision = DSOCR_PRECISION_AUTO;
  bool operator==(const DeviceChoice&) const = default;
};

/// Owned by the streaming thread (the sink pad's stream lock).
struct SinkState {
  GstSegment segment;
  FrameAccess access;                  /**< of frames with the present caps */
  const DsocrEngineApi* api = nullptr; /**< that the frames are read with; set with has_caps */
  bool has_caps = false, caps_refused = false;
  bool policy_due = true; /**< the next frame decides how frames are handled */
  bool exact = false, newest = false, live = false;
  bool groups = false; /**< frames that show the same are read as one */
  uint64_t frame_number = 0;
  uint64_t stream = 1; /**< counts stream starts */
  FrameGate gate;
  std::vector<uint8_t> halved; /**< a frame that was halved on a device, for the gate */
  bool look_reported = false;  /**< such a frame could not be halved, for these caps */
  GroupTracker tracker;        /**< of text-timing=group */
  AutoArea auto_area;
  DeliveryAttacher attacher; /**< of frames that go at once */
  PoolCheck pool_check;
  std::vector<RegionOfInterest> regions; /**< inference-region=roi-list: as they were when they last changed */
  SharpestWindow window;                 /**< sharpest-of: the frames that are being collected */
  std::optional<Submission> sharpest;    /**< the sharpest of them */
  uint64_t settings_revision = 0;        /**< of the settings that the gate's last reading was asked for with */
  bool area_reported = false;            /**< the area was found wanting for these caps */
  uint32_t seek_seqnum = 0;
};

/// The C++ part of the element.
struct Element {
  // Guarded by the object lock.
  Settings settings;
  std::shared_ptr<const Settings> settings_copy; /**< empty where a property was set since */
  std::shared_ptr<Session> session;              /**< from READY→PAUSED to PAUSED→READY */
  std::shared_ptr<EngineClient> client;          /**< from NULL→READY to READY→NULL */
  std::shared_ptr<LoadReporter> loading;
  const DsocrEngineApi* api = nullptr;
  std::optional<DeviceChoice> device_choice; /**< for which the next two are */
  bool on_cuda = false;                      /**< the client's model runs on a CUDA device */
  std::shared_ptr<const CudaContext> cuda;   /**< NULL: it does not, or there is no CUDA library of GStreamer */
  std::string area_error, whitelist_error;   /**< of a value that was set and not understood */
  guint32 last_seek_seqnum = GST_SEQNUM_INVALID;
  DelayMonitor delay;

  LiveTicker ticker;
  MessageLimit qos_messages{GST_SECOND}; /**< owned by the text pad's task */
  SinkState sink;
  TextStream text; /**< owned by the text pad's task */

  PeriodicThread stats_thread; /**< owned by state changes; last, so that it ends before what it reads */
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

// Under the object lock.
Settings copy_settings(GstDeepseekOcr* self);
/// The same for every frame until a property is set.
std::shared_ptr<const Settings> settings_of(GstDeepseekOcr* self);
std::shared_ptr<Session> session_of(GstDeepseekOcr* self);
std::shared_ptr<EngineClient> client_of(GstDeepseekOcr* self);
std::shared_ptr<const CudaContext> cuda_context_of(GstDeepseekOcr* self);

// properties.cpp
void install_properties(GObjectClass* object_class);
/// A string property's value; empty for NULL.
std::string string_of(const GValue* value);

// engine_properties.cpp: those of the model and its engine
void install_engine_properties(GObjectClass* object_class);
/// @return false: not one of them.  Called with the object lock.
bool set_engine_property(Settings& settings, guint id, const GValue* value);
bool get_engine_property(const Settings& settings, guint id, GValue* value);

// timing/properties.cpp
void install_timing_properties(GObjectClass* object_class);
/// @return false: not one of them.  Called with the object lock.
bool set_timing_property(TimingSettings& timing, guint id, const GValue* value);
/// Outside the lock: tells the pipeline where a declared value has changed.
void after_timing_change(GstDeepseekOcr* self, guint id);
bool get_timing_property(GstDeepseekOcr* self, guint id, GValue* value);

// timing/reports.cpp
/// A live reading has come: max-observed-delay, and a WARNING where it is later than was promised.
void report_delay(GstDeepseekOcr* self, const Slot& slot, bool live);
/// A reading was given up: a QOS message where they are wanted.
void report_drop(GstDeepseekOcr* self, Session& session, const Slot& slot);

// sink_pad.cpp, sink_events.cpp
GstFlowReturn sink_chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
/// Admits a frame and hands it to the engine.  @return false: stopped.
bool admit_frame(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, Submission submission);
gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query);
/// Answers a neighbour's CONTEXT query for the CUDA context.  @return false: it is another query, or there is none
bool answer_context_query(GstDeepseekOcr* self, GstQuery* query);
GstIterator* sink_internal_links(GstPad* pad, GstObject* parent);
/// Tells the session by a LATENCY query whether upstream is live and how late its frames come.  @return whether it is
/// live
bool ask_upstream(GstDeepseekOcr* self, Session& session);
/// Asks for everything in flight to end; waits for nothing.
void abandon_work(GstDeepseekOcr* self);

// source_pads.cpp
gboolean video_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active);
gboolean text_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active);
gboolean source_event(GstPad* pad, GstObject* parent, GstEvent* event);
gboolean source_query(GstPad* pad, GstObject* parent, GstQuery* query);
void start_tasks(GstDeepseekOcr* self);
void pause_tasks(GstDeepseekOcr* self);

// device_choice.cpp
/// Asks the engine where such a model runs; where that is CUDA, the pipeline is offered its context.
void choose_device(GstDeepseekOcr* self, const DeviceChoice& wanted);
void forget_device(GstDeepseekOcr* self);

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
/// READY→PAUSED: posts the statistics from now on, as stats-interval says, until stop_stats_messages().
void start_stats_messages(GstDeepseekOcr* self);
void stop_stats_messages(GstDeepseekOcr* self);

}  // namespace deepseekocr::plugin
