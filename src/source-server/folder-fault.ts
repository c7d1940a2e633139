// What is wrong with the files of the folder, for whoever asks for them and for whoever put them there.

export class FolderFault extends Error {}
