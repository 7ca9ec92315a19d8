// Preloaded into a program, it makes its files lie on a disk as a slow file server has them:
//   SLOW_FLUSH_MS  each flush takes so long, and is noted in the file SLOW_FLUSHES: w for a write-ahead log, . for another file
//   NO_LOCKS       locks are refused, as where the server has no lock daemon
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

namespace {
char noteOf(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path);
  return size > 4 && memcmp(path + size - 4, "-wal", 4) == 0 ? 'w' : '.';
}

int slowly(const char *name, int fd) {
  if (const char *ms = getenv("SLOW_FLUSH_MS")) {
    usleep(static_cast<useconds_t>(atoi(ms)) * 1000);
    if (const char *path = getenv("SLOW_FLUSHES")) {
      const int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
      const char note = noteOf(fd);
      if (log < 0 || write(log, &note, 1) != 1) abort();
      close(log);
    }
  }
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(fd);
}

int control(const char *name, int fd, int command, void *argument) {
  if (getenv("NO_LOCKS") != nullptr && (command == F_SETLK || command == F_SETLKW)) {
    errno = ENOLCK;
    return -1;
  }
  return reinterpret_cast<int (*)(int, int, ...)>(dlsym(RTLD_NEXT, name))(fd, command, argument);
}
} // namespace

extern "C" {
int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }

int fcntl(int fd, int command, ...) {
  va_list more;
  va_start(more, command);
  void *argument = va_arg(more, void *);
  va_end(more);
  return control("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  va_list more;
  va_start(more, command);
  void *argument = va_arg(more, void *);
  va_end(more);
  return control("fcntl64", fd, command, argument);
}
}
