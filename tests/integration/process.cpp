#include "tests/integration/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

extern char** environ;

namespace psabridge::integration {
namespace {

constexpr int kCannotStart = 127;

/// Null-terminated pointers into texts, as exec wants them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> whole_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!added.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

/// Everything that the child needs, made before the fork: between fork and exec nothing may be allocated.
struct Preparation {
  std::vector<std::string> command, environment;
  std::vector<char*> arguments = pointers(command), variables = pointers(environment);
  std::string in = {}, out = {}, err = {};
  rlimit file_size{};
  bool has_file_size = false;
  pid_t parent = getpid();
};

bool redirect(const std::string& file, int descriptor) {
  const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  return opened >= 0 && dup2(opened, descriptor) >= 0;
}

[[noreturn]] void become_child(const Preparation& preparation) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int input = open(preparation.in.c_str(), O_RDONLY | O_CLOEXEC);
  const bool set = getppid() == preparation.parent && dup2(input, STDIN_FILENO) >= 0 &&
                   redirect(preparation.out, STDOUT_FILENO) && redirect(preparation.err, STDERR_FILENO) &&
                   (!preparation.has_file_size || setrlimit(RLIMIT_FSIZE, &preparation.file_size) == 0);
  // A write beyond the limit shall fail with EFBIG, not end the process.
  if (preparation.has_file_size) ::signal(SIGXFSZ, SIG_IGN);
  if (set) execve(preparation.arguments[0], preparation.arguments.data(), preparation.variables.data());
  _exit(kCannotStart);
}

std::chrono::duration<double> seconds_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "psabridge-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool Outcome::says(std::string_view text) const {
  return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
}

std::string Outcome::describe() const {
  const std::string end =
      signal != 0 ? "signal " + std::to_string(signal) : "exit status " + std::to_string(exit_status);
  return end + "\n--- stdout\n" + out + "--- stderr\n" + err;
}

Process::Process(const std::vector<std::string>& command, const Surroundings& surroundings)
    : started_(std::chrono::steady_clock::now()) {
  Preparation preparation{command, whole_environment(surroundings.environment)};
  preparation.in = (folder_ / "in").string();
  write_text(preparation.in, surroundings.input);
  preparation.out = (folder_ / "out").string();
  preparation.err = (folder_ / "err").string();
  preparation.has_file_size = surroundings.largest_file.has_value();
  if (surroundings.largest_file)
    preparation.file_size = {*surroundings.largest_file, *surroundings.largest_file};
  id_ = fork();
  if (id_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (id_ == 0) become_child(preparation);
}

Process::~Process() {
  if (id_ < 0) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

void Process::signal(int number) const { kill(id_, number); }

bool Process::ended() {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == id_;
}

std::string Process::err() const { return read_text(folder_ / "err"); }

Outcome Process::wait() {
  int status = 0;
  rusage usage{};
  while (wait4(id_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  id_ = -1;
  Outcome outcome;
  outcome.elapsed = std::chrono::steady_clock::now() - started_;
  outcome.processor = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  outcome.peak_kib = usage.ru_maxrss;
  if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.out = read_text(folder_ / "out");
  outcome.err = read_text(folder_ / "err");
  return outcome;
}

Outcome run(const std::vector<std::string>& command, const Surroundings& surroundings) {
  return Process(command, surroundings).wait();
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  if (!stream.flush()) throw std::system_error(std::make_error_code(std::errc::io_error), file.string());
}

}  // namespace psabridge::integration
