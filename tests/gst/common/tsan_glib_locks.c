/* SPDX-License-Identifier: MIT
 *
 * GLib's mutexes are bare futexes that ThreadSanitizer cannot see, so that everything they guard looks like a race.
 * These wrappers tell it about them.  Linked with -rdynamic into test programs of a thread-sanitized build.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

// C has no conversion from a pointer to an object to one to a function; dlsym's own manual does it this way.
#define REAL(function)                    \
  static __typeof__(function)* real_call; \
  if (real_call == NULL) *(void**)&real_call = dlsym(RTLD_NEXT, #function)

void g_mutex_lock(GMutex* mutex) {
  REAL(g_mutex_lock);
  real_call(mutex);
  __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
  REAL(g_mutex_trylock);
  gboolean locked = real_call(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

void g_mutex_unlock(GMutex* mutex) {
  REAL(g_mutex_unlock);
  __tsan_release(mutex);
  real_call(mutex);
}

void g_rec_mutex_lock(GRecMutex* mutex) {
  REAL(g_rec_mutex_lock);
  real_call(mutex);
  __tsan_acquire(mutex);
}

void g_rec_mutex_unlock(GRecMutex* mutex) {
  REAL(g_rec_mutex_unlock);
  __tsan_release(mutex);
  real_call(mutex);
}

void g_cond_wait(GCond* cond, GMutex* mutex) {
  REAL(g_cond_wait);
  __tsan_release(mutex);
  real_call(cond, mutex);
  __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  REAL(g_cond_wait_until);
  __tsan_release(mutex);
  gboolean signalled = real_call(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return signalled;
}

void g_async_queue_push(GAsyncQueue* queue, gpointer data) {
  REAL(g_async_queue_push);
  __tsan_release(queue);
  real_call(queue, data);
}

gpointer g_async_queue_pop(GAsyncQueue* queue) {
  REAL(g_async_queue_pop);
  gpointer data = real_call(queue);
  __tsan_acquire(queue);
  return data;
}

gpointer g_async_queue_timeout_pop(GAsyncQueue* queue, guint64 timeout) {
  REAL(g_async_queue_timeout_pop);
  gpointer data = real_call(queue, timeout);
  __tsan_acquire(queue);
  return data;
}
