// What the tests of the vault share: a folder with a store's control file and key, environment variables for
// the length of a test, child processes.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/vault/vault.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::vault {

using store::StandingClock;
using store::TestFolder;

inline std::filesystem::path key_file_of(const TestFolder& folder) { return folder.file().string() + ".key"; }
inline std::filesystem::path control_file_of(const TestFolder& folder) {
  return folder.file().string() + ".control";
}

/// A vault of its own on the files of a folder, as each process has one.
struct OpenVault {
  explicit OpenVault(const TestFolder& folder, const config::VaultPolicy& policy = {})
      : control(folder.url(), clock), vault(control, policy, key_file_of(folder), clock) {}
  Vault* operator->() { return &vault; }

  StandingClock clock;
  store::Control control;
  Vault vault;
};

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void write_private(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  REQUIRE(chmod(file.c_str(), 0600) == 0);
}

/// The error of `work`; "" when it has none.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// Runs `body` in a child process; its id.
template <class Body>
pid_t start_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

/// Its exit status, or minus the signal that ended it.
inline int end_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace psabridge::vault
