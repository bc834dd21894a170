// SPDX-License-Identifier: MIT
#include "deepseekocr/text_downstream.h"

#include <cstring>

#include "deepseekocr/gst_ptr.h"

namespace deepseekocr::plugin {
namespace {

/// Longest chain of elements that is followed.
constexpr int kMaxSteps = 32;

/// The pad behind ghost and proxy pads that `pad` is linked to.
PadPtr real_peer(GstPad* pad) {
  PadPtr peer(gst_pad_get_peer(pad));
  while (peer && GST_IS_GHOST_PAD(peer.get())) {
    PadPtr target(gst_ghost_pad_get_target(GST_GHOST_PAD(peer.get())));
    if (target == nullptr) break;
    peer = std::move(target);
  }
  // Out of a bin: the inner side of a source ghost pad is a proxy pad, its other side the ghost pad.
  if (peer && GST_IS_PROXY_PAD(peer.get()) && !GST_IS_GHOST_PAD(peer.get())) {
    PadPtr ghost(GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(peer.get()))));
    return ghost ? real_peer(ghost.get()) : nullptr;
  }
  return peer;
}

PadPtr first_source_pad(GstElement* element) {
  GstPad* pad = nullptr;
  GST_OBJECT_LOCK(element);
  if (element->srcpads != nullptr) pad = GST_PAD(gst_object_ref(element->srcpads->data));
  GST_OBJECT_UNLOCK(element);
  return PadPtr(pad);
}

bool class_has(GstElement* element, const char* word) {
  const char* klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  return klass != nullptr && std::strstr(klass, word) != nullptr;
}

bool is_factory(GstElement* element, const char* name) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory != nullptr && std::strcmp(GST_OBJECT_NAME(factory), name) == 0;
}

}  // namespace

TextDownstream find_text_downstream(GstPad* text_pad) {
  TextDownstream found;
  PadPtr peer = real_peer(text_pad);
  for (int step = 0; peer && step < kMaxSteps; ++step) {
    const ElementPtr element(gst_pad_get_parent_element(peer.get()));
    if (element == nullptr) break;
    if (class_has(element.get(), "Muxer") || class_has(element.get(), "Editor") ||
        class_has(element.get(), "Overlay")) {
      found.consumer = TextConsumer::kJoin;
      break;
    }
    if (class_has(element.get(), "Encoder")) found.consumer = TextConsumer::kEncoder;
    if (is_factory(element.get(), "webvttenc")) found.webvtt = true;
    const PadPtr source = first_source_pad(element.get());
    if (source == nullptr) break;
    peer = real_peer(source.get());
  }
  return found;
}

}  // namespace deepseekocr::plugin
