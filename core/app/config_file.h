// Files of the configuration that commands write.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace psabridge::app {

/// Makes the new text of a file from its present one; nothing when there is no such file. May throw.
using TextChange = std::function<std::string(const std::optional<std::string>& present)>;

/// What was changed, so that it can be taken back.
struct FileChange {
  std::filesystem::path file;
  std::optional<std::filesystem::path> backup;  ///< the text before: FILE.bak; nothing when the file is new
};

/// Changes the file at one stroke: whoever reads it, also after a crash, finds the old text or the new one,
/// whole. Mode and owner stay; a new file is 0640. Of two processes that change files of one folder the
/// second waits and sees what the first wrote. Throws Error PB1001 when it cannot be read, PB1603 when it
/// cannot be written, and what `change` throws; the file is then as it was.
FileChange change_file(const std::filesystem::path& file, const TextChange& change);

/// Puts the text before into its place again, or removes what is new. Throws Error PB1603.
void take_back(const FileChange& change);

}  // namespace psabridge::app
