/* Preloaded into a process, kills it (SIGKILL) at the N-th step that changes files below a folder: writes,
   syncs, truncations, renames and removals count. A write that is the N-th step is done by half, so that torn
   writes are met as well. PSABRIDGE_KILL_FOLDER  files below it count PSABRIDGE_KILL_AT      N, from 1; 0 or
   nothing only counts PSABRIDGE_KILL_COUNT   file that receives the number of steps when the process ends by
   itself Threads: the count is atomic; everything else is set once, before main. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long steps;
static long kill_at;
static const char* folder;

static int is_below(const char* path) { return folder != NULL && strncmp(path, folder, strlen(folder)) == 0; }

static int is_watched(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return is_below(path);
}

/* True when this step is the one that the process does not survive. */
static int is_last(int watched) { return watched && atomic_fetch_add(&steps, 1) + 1 == kill_at; }

static void end(void) {
  kill(getpid(), SIGKILL);
  pause();
}

#define REAL(result, name, ...)       \
  static result (*real)(__VA_ARGS__); \
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name)

ssize_t write(int descriptor, const void* bytes, size_t size) {
  REAL(ssize_t, write, int, const void*, size_t);
  if (!is_last(is_watched(descriptor))) return real(descriptor, bytes, size);
  real(descriptor, bytes, size / 2);
  end();
  return -1;
}

#define POSITIONED_WRITE(name, offset_type)                                             \
  ssize_t name(int descriptor, const void* bytes, size_t size, offset_type offset) {    \
    REAL(ssize_t, name, int, const void*, size_t, offset_type);                         \
    if (!is_last(is_watched(descriptor))) return real(descriptor, bytes, size, offset); \
    real(descriptor, bytes, size / 2, offset);                                          \
    end();                                                                              \
    return -1;                                                                          \
  }
POSITIONED_WRITE(pwrite, off_t)
POSITIONED_WRITE(pwrite64, off64_t)

#define STEP_ON_DESCRIPTOR(name, declared, ...)                 \
  int name declared {                                           \
    static int(*real) declared;                                 \
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name); \
    if (is_last(is_watched(descriptor))) end();                 \
    return real(__VA_ARGS__);                                   \
  }
STEP_ON_DESCRIPTOR(fsync, (int descriptor), descriptor)
STEP_ON_DESCRIPTOR(fdatasync, (int descriptor), descriptor)
STEP_ON_DESCRIPTOR(ftruncate, (int descriptor, off_t length), descriptor, length)
STEP_ON_DESCRIPTOR(ftruncate64, (int descriptor, off64_t length), descriptor, length)

int unlink(const char* path) {
  REAL(int, unlink, const char*);
  if (is_last(is_below(path))) end();
  return real(path);
}

int rename(const char* from, const char* to) {
  REAL(int, rename, const char*, const char*);
  if (is_last(is_below(to))) end();
  return real(from, to);
}

__attribute__((constructor)) static void begin(void) {
  const char* at = getenv("PSABRIDGE_KILL_AT");
  kill_at = at != NULL ? atol(at) : 0;
  folder = getenv("PSABRIDGE_KILL_FOLDER");
}

__attribute__((destructor)) static void report(void) {
  const char* path = getenv("PSABRIDGE_KILL_COUNT");
  FILE* file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", atomic_load(&steps));
  fclose(file);
}
