// Child processes for tests and the bench: started with their own surroundings, watched to their end, never
// left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::integration {

/// A directory that lives as long as this object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// What a process is started in, beside its arguments.
struct Surroundings {
  std::map<std::string, std::string> environment = {};  ///< added to that of the test
  std::optional<std::uint64_t> largest_file = {};       ///< bytes; writes beyond fail as on a full disk
  std::string input = {};                               ///< what it reads on its standard input
};

/// How a process ended.
struct Outcome {
  int exit_status = -1;  ///< -1: ended by a signal
  int signal = 0;        ///< 0: ended by itself
  std::string out, err;  ///< what it wrote
  std::chrono::duration<double> elapsed{};
  std::chrono::duration<double> processor{};  ///< user and system time
  std::int64_t peak_kib = 0;                  ///< largest resident set

  /// True when either stream has the text.
  bool says(std::string_view text) const;
  /// Everything about it, for a failed assertion.
  std::string describe() const;
};

/// One running child. Its streams go to files in a folder of its own, so that it never waits for a reader. It
/// is killed when this object or the thread that started it ends.
class Process {
 public:
  /// `command` begins with the program's path. Throws std::system_error.
  Process(const std::vector<std::string>& command, const Surroundings& surroundings = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t id() const { return id_; }
  void signal(int number) const;
  /// True once it ended; wait() then returns at once.
  bool ended();
  /// What it wrote to its error stream so far.
  std::string err() const;
  /// Waits for the end. Call once.
  Outcome wait();

 private:
  Folder folder_;
  pid_t id_ = -1;
  std::chrono::steady_clock::time_point started_;
};

/// Starts and waits.
Outcome run(const std::vector<std::string>& command, const Surroundings& surroundings = {});

std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, std::string_view text);

}  // namespace psabridge::integration
