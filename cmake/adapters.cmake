# Adapters to frameworks, one target each, on when the framework is found; prints which are on.
# SPDX-License-Identifier: MIT
include(${CMAKE_CURRENT_LIST_DIR}/adapter-frameworks.cmake)

# In a function, so that the variables of the frameworks' packages, module paths above all, stay in it.
function(ctxlog_add_adapter name)
  set(package ${ctxlog_${name}_package})
  find_package(${package} QUIET)
  list(REMOVE_ITEM package MODULE CONFIG)
  list(GET package 0 framework)
  list(JOIN package " " wanted)
  if(NOT ${framework}_FOUND)
    message(STATUS "ctxlog::${name}: off (CMake finds no ${wanted})")
    return()
  endif()
  add_library(ctxlog_${name} INTERFACE)
  add_library(ctxlog::${name} ALIAS ctxlog_${name})
  set_target_properties(ctxlog_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(ctxlog_${name} INTERFACE ctxlog ${ctxlog_${name}_library})
  string(STRIP "${framework} ${${framework}_VERSION}" found)
  message(STATUS "ctxlog::${name}: on (${found})")
endfunction()

foreach(adapter IN LISTS ctxlog_adapters)
  ctxlog_add_adapter(${adapter})
endforeach()
