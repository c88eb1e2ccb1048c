/* Runs a command with its output thrown away and prints what it took: seconds,
   then peak memory in KiB. A process starts with its parent's peak, so the
   parent has to be small. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);

  pid_t child;
  int status;
  struct rusage usage;
  double start = now();
  if (posix_spawnp(&child, argv[1], &actions, NULL, argv + 1, environ) != 0 ||
      wait4(child, &status, 0, &usage) != child) {
    return 2;
  }
  printf("%.9f %ld\n", now() - start, usage.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
