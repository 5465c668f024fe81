// ProcessPrng, which Go programs need at their start and wine 8 lacks. It is built as
// bcryptprimitives.dll.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size) {
	return SystemFunction036(buffer, (ULONG)size);
}
