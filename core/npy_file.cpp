/// .npy and .npz files: plain, and members of a zip archive.

#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "core/atomic_file.hpp"
#include "core/names.hpp"
#include "core/npy.hpp"
#include "core/npy_header.hpp"

namespace noesis {
namespace {

/// Reads one array from `read(buffer, size)`, which gives fewer bytes only at the end, when the
/// whole file has `file_size` bytes.
template <class Read>
NpyArray read_array(const Read& read, std::uint64_t file_size, const std::string& where) {
  const auto fill = [&](char* to, std::size_t size) {
    if (read(to, size) != size) throw detail::npy_error(where, "the file ends too early");
  };
  std::string header(std::min<std::uint64_t>(detail::kNpyPrefixSize, file_size), '\0');
  fill(header.data(), header.size());
  const std::size_t header_size = detail::npy_header_size(header, where);
  const std::size_t have = header.size();
  if (header_size < have || header_size > file_size) {
    throw detail::npy_error(where, "damaged .npy header: the file ends inside it");
  }
  header.resize(header_size);
  fill(header.data() + have, header_size - have);
  NpyArray array = detail::parse_npy_header(header, where);
  const auto data_size =
      static_cast<std::uint64_t>(array.size()) * static_cast<std::uint64_t>(array.item_size);
  if (data_size != file_size - header_size) {
    throw detail::npy_error(where, "the shape and the size of the data disagree",
                            std::to_string(file_size - header_size) + " bytes",
                            std::to_string(data_size) + " bytes", "the file may be cut off");
  }
  array.bytes.resize(data_size);
  fill(array.bytes.data(), data_size);
  return array;
}

std::string member_name(std::string_view name) { return std::string(name) + ".npy"; }

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

std::string zip_error_text(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

RunError write_error(const std::filesystem::path& file, const std::string& reason) {
  return RunError({.what = "cannot write the .npz file: " + reason,
                   .where = file.string(),
                   .got = {},
                   .allowed = {},
                   .next = {}});
}

}  // namespace

void write_npy(const std::filesystem::path& file, const NpyArray& array) {
  std::string bytes = detail::format_npy_header(array);
  bytes.append(array.bytes.data(), array.bytes.size());
  write_file_atomically(file, bytes);
}

NpyArray read_npy(const std::filesystem::path& file) {
  const std::string where = file.string();
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) throw detail::npy_error(where, "cannot read the file: " + error.message());
  std::ifstream in(file, std::ios::binary);
  if (!in) throw detail::npy_error(where, "cannot open the file");
  return read_array(
      [&](char* to, std::size_t count) {
        in.read(to, static_cast<std::streamsize>(count));
        return static_cast<std::size_t>(in.gcount());
      },
      size, where);
}

void write_npz(const std::filesystem::path& file, const NpzArrays& arrays) {
  AtomicFile out(file);
  int code = 0;
  std::unique_ptr<zip_t, CloseArchive> archive(
      zip_open(out.temporary().c_str(), ZIP_CREATE | ZIP_EXCL, &code));
  if (!archive) throw write_error(file, zip_error_text(code));
  std::vector<std::string> headers;  // libzip reads the buffers when it closes the archive
  headers.reserve(arrays.size());
  for (const auto& [name, array] : arrays) {
    headers.push_back(detail::format_npy_header(array));
    const zip_buffer_fragment_t parts[] = {
        {reinterpret_cast<zip_uint8_t*>(headers.back().data()), headers.back().size()},
        {reinterpret_cast<zip_uint8_t*>(const_cast<char*>(array.bytes.data())),
         array.bytes.size()}};
    zip_source_t* source =
        zip_source_buffer_fragment(archive.get(), parts, array.bytes.empty() ? 1 : 2, 0);
    if (!source) throw write_error(file, zip_strerror(archive.get()));
    const zip_int64_t index =
        zip_file_add(archive.get(), member_name(name).c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      throw write_error(file, "array '" + name + "': " + zip_strerror(archive.get()));
    }
    // Stored, as numpy.savez does, under a fixed date: the bytes depend on the arrays alone.
    constexpr zip_uint16_t kDosDate1980 = (1 << 5) | 1;
    zip_set_file_compression(archive.get(), static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    zip_file_set_dostime(archive.get(), static_cast<zip_uint64_t>(index), 0, kDosDate1980, 0);
  }
  if (zip_close(archive.get()) != 0) throw write_error(file, zip_strerror(archive.get()));
  static_cast<void>(archive.release());  // closed
  out.commit();
}

struct NpzReader::Archive {
  std::unique_ptr<zip_t, CloseArchive> zip;
};

NpzReader::NpzReader(std::filesystem::path file)
    : file_(std::move(file)), archive_(std::make_unique<Archive>()) {
  int code = 0;
  archive_->zip.reset(zip_open(file_.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive_->zip) {
    throw detail::npy_error(file_.string(), "cannot read the .npz file: " + zip_error_text(code));
  }
  const zip_int64_t count = zip_get_num_entries(archive_->zip.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* raw = zip_get_name(archive_->zip.get(), static_cast<zip_uint64_t>(i), 0);
    const std::string_view name = raw ? raw : "";
    if (name.ends_with(".npy")) names_.emplace_back(name.substr(0, name.size() - 4));
  }
}

NpzReader::~NpzReader() = default;
NpzReader::NpzReader(NpzReader&&) noexcept = default;
NpzReader& NpzReader::operator=(NpzReader&&) noexcept = default;

bool NpzReader::contains(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::string NpzReader::where(std::string_view name) const {
  return file_.string() + ": array '" + std::string(name) + "'";
}

NpyArray NpzReader::read(std::string_view name) const {
  if (!contains(name)) {
    throw detail::npy_error(file_.string(), "the file has no array '" + std::string(name) + "'", {},
                            join_names(names_), suggest_name(name, names_));
  }
  zip_stat_t stat;
  if (zip_stat(archive_->zip.get(), member_name(name).c_str(), 0, &stat) != 0 ||
      (stat.valid & (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE)) != (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE)) {
    throw detail::npy_error(where(name), "damaged archive");
  }
  // Deflate packs at most 1032 bytes into one, so a larger claim is no reason to allocate.
  if (stat.size / 1032 > stat.comp_size + 1) {
    throw detail::npy_error(where(name), "damaged archive: an impossible size is claimed",
                            std::to_string(stat.size) + " bytes");
  }
  const std::unique_ptr<zip_file_t, CloseMember> member(
      zip_fopen(archive_->zip.get(), member_name(name).c_str(), 0));
  if (!member) {
    throw detail::npy_error(
        where(name), std::string("cannot read the array: ") + zip_strerror(archive_->zip.get()));
  }
  const auto read = [&](char* to, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      const zip_int64_t got = zip_fread(member.get(), to + done, count - done);
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  };
  NpyArray array = read_array(read, stat.size, where(name));
  char extra;
  // Reading past the end is what makes libzip check the sum.
  if (zip_fread(member.get(), &extra, 1) != 0) {
    throw detail::npy_error(where(name), "damaged archive: the checksum of the array is wrong");
  }
  return array;
}

}  // namespace noesis
