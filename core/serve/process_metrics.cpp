#include "core/serve/process_metrics.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/serve/metric_catalog.h"

namespace psabridge::serve {
namespace {

namespace fs = std::filesystem;

/// The blank-separated words of a file of the kernel.
std::vector<std::string> words_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  std::string whole = text.str();
  // The second word of "stat" is the program's name in brackets, which may itself hold blanks and brackets.
  if (const auto name_end = whole.rfind(')'); name_end != std::string::npos)
    whole = "pid name" + whole.substr(name_end + 1);
  std::istringstream parts(whole);
  std::vector<std::string> words;
  for (std::string word; parts >> word;) words.push_back(std::move(word));
  return words;
}

double number_in(const fs::path& file, std::size_t index) {
  const auto words = words_of(file);
  if (index >= words.size()) throw std::system_error(EIO, std::generic_category(), file.string());
  return std::stod(words[index]);
}

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double resident_bytes() {
  constexpr std::size_t kResidentPages = 1;
  return number_in("/proc/self/statm", kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  // The one that looks is not counted.
  return static_cast<double>(std::distance(fs::directory_iterator("/proc/self/fd"), {})) - 1;
}

/// /proc/stat has the time of the boot as well, but a service may not see it (ProcSubset=pid).
double start_time() {
  constexpr std::size_t kTicksFromBootToStart = 21;
  const double boot = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
  return boot +
         number_in("/proc/self/stat", kTicksFromBootToStart) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

void add_process_metrics(MetricsText& text) {
  static const double start = start_time();  // once, so that corrections of the clock do not move it
  text.add(kProcessMemory, {}, resident_bytes());
  text.add(kProcessOpenFiles, {}, open_descriptors());
  text.add(kProcessStart, {}, start);
}

}  // namespace psabridge::serve
