// The way from a command to the daemon that holds the store: a Unix socket beside it, for the daemon's user
// alone. A command that needs what the daemon holds is done by the daemon, with the same words and the same
// answer.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/app/outcome.h"
#include "core/app/report.h"
#include "core/base/descriptor.h"

namespace psabridge::app {

/// A command as it is asked of a daemon, whose files and standard input are not the caller's.
struct Question {
  std::vector<std::string> arguments;  ///< without the program's name
  std::map<std::string, std::string>
      inputs;            ///< what it read, by the file as it was named; - is standard input
  std::string caller{};  ///< name of who asks
};

/// What a command gave: one of the two is there.
struct CommandAnswer {
  std::optional<Outcome> outcome;
  std::optional<Failure> failure;
};

/// "<store>.sock"
std::filesystem::path door_of(const std::string& store_url);

/// Serves while it lives; thread-safe.
class LocalDoor {
 public:
  /// Does one command; called on a thread of its own for each, several at once.
  using Work = std::function<CommandAnswer(const Question& question)>;

  /// Takes the place of a socket that a dead process left. Throws Error PB2201.
  LocalDoor(std::filesystem::path path, Work work);
  /// Waits for the commands under way.
  ~LocalDoor();
  LocalDoor(const LocalDoor&) = delete;
  LocalDoor& operator=(const LocalDoor&) = delete;

 private:
  void accept_callers();
  void serve(const Descriptor& caller) const;

  const std::filesystem::path path_;
  const Work work_;
  const Descriptor listener_;
  std::atomic<bool> stop_ = false;
  std::thread accepting_;
};

/// Has the daemon behind `door` do the command. Nothing when nobody is there. Throws Error PB2203 when it
/// went away in the middle.
std::optional<CommandAnswer> ask_daemon(const std::filesystem::path& door, const Question& question);

}  // namespace psabridge::app
