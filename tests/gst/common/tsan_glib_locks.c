/* SPDX-License-Identifier: MIT
 *
 * GLib's mutexes are bare futexes that ThreadSanitizer cannot see, so that everything they guard looks like a race.
 * These wrappers tell it about them.  Linked with -rdynamic into test programs of a thread-sanitized build.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>

// Found at the first call, which two threads may make at once.  C has no conversion from a pointer to an object to one
// to a function; dlsym's own manual does it this way.
static void* find_real(void** cache, const char* name) {
  void* real = __atomic_load_n(cache, __ATOMIC_RELAXED);
  if (real == NULL) {
    real = dlsym(RTLD_NEXT, name);
    __atomic_store_n(cache, real, __ATOMIC_RELAXED);
  }
  return real;
}

#define REAL(function)             \
  static void* cache;              \
  __typeof__(function)* real_call; \
  *(void**)&real_call = find_real(&cache, #function)

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

// A recursive mutex is a pthread mutex behind a pointer that GLib publishes out of sight.
void g_rec_mutex_init(GRecMutex* mutex) {
  REAL(g_rec_mutex_init);
  real_call(mutex);
  __tsan_release(mutex);
}

void g_rec_mutex_lock(GRecMutex* mutex) {
  REAL(g_rec_mutex_lock);
  __tsan_acquire(mutex);
  real_call(mutex);
}

gboolean g_rec_mutex_trylock(GRecMutex* mutex) {
  REAL(g_rec_mutex_trylock);
  __tsan_acquire(mutex);
  return real_call(mutex);
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

// A thread pool hands its work over under a lock inside GLib.
static char pool_tag;

typedef struct {
  GFunc function;
  gpointer user_data;
} PoolWork;

static void run_pool_work(gpointer data, gpointer user_data) {
  __tsan_acquire(&pool_tag);
  const PoolWork* work = user_data;
  work->function(data, work->user_data);
}

GThreadPool* g_thread_pool_new(GFunc function, gpointer user_data, gint max_threads, gboolean exclusive,
                               GError** error) {
  REAL(g_thread_pool_new);
  PoolWork* work = g_new(PoolWork, 1);  // lives as long as the process, as pools of tests do
  work->function = function;
  work->user_data = user_data;
  return real_call(run_pool_work, work, max_threads, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool* pool, gpointer data, GError** error) {
  REAL(g_thread_pool_push);
  __tsan_release(&pool_tag);
  return real_call(pool, data, error);
}

// The table of quarks has a lock inside GLib: a second one around it, which is seen.
static pthread_mutex_t quark_mutex = PTHREAD_MUTEX_INITIALIZER;

#define WRAP_QUARK_FUNCTION(type, function) \
  type function(const gchar* string) {      \
    REAL(function);                         \
    pthread_mutex_lock(&quark_mutex);       \
    type result = real_call(string);        \
    pthread_mutex_unlock(&quark_mutex);     \
    return result;                          \
  }

WRAP_QUARK_FUNCTION(GQuark, g_quark_from_string)
WRAP_QUARK_FUNCTION(GQuark, g_quark_from_static_string)
WRAP_QUARK_FUNCTION(GQuark, g_quark_try_string)
WRAP_QUARK_FUNCTION(const gchar*, g_intern_string)
WRAP_QUARK_FUNCTION(const gchar*, g_intern_static_string)
