// A plugin that takes the process with it is named on the way down.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include "core/plugin/crash_reporter.h"
#include "core/plugin/registry.h"
#include "tests/abi/test_host.h"

namespace psabridge::test {
namespace {

struct Death {
  int signal;
  std::string last_words;
};

/// Lets a child process run the probe's routing rule with these settings, and sees it die.
Death death_by(const std::string& words) {
  std::array<int, 2> pipe_ends{};
  REQUIRE(::pipe(pipe_ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDERR_FILENO);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    plugin::install_crash_reporter();
    plugin::Registry registry;
    registry.load_file(built("probe_usual"));
    TestHost host;
    Batch batch = tickets({"printer"});
    decide(*registry.make_routing("usual", words, host), batch, {0});
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  Death death{};
  std::array<char, 4096> buffer{};
  for (ssize_t size; (size = ::read(pipe_ends[0], buffer.data(), buffer.size())) > 0;)
    death.last_words.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  death.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return death;
}

}  // namespace

TEST_CASE("a crash names plugin, role and verb, and the signal stays") {
  struct Case {
    std::string words, name;
    int signal;
  };
  const std::array<Case, 3> cases{
      {{"crash", "SIGSEGV", SIGSEGV}, {"overflow", "SIGSEGV", SIGSEGV}, {"abort", "SIGABRT", SIGABRT}}};
  for (const Case& fatal : cases) {
    const Death death = death_by(fatal.words);
    INFO(death.last_words);
    CHECK(death.signal == fatal.signal);
    CHECK(death.last_words.find("crashed by " + fatal.name +
                                " in plugin com.example.probe.usual, routing \"usual\", verb decide") !=
          std::string::npos);
  }
}

}  // namespace psabridge::test
